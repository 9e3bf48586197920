import type { Logger } from '@roamgrid/service-kit';
import type { LedgerErrorCode } from '@roamgrid/wire';
import type { Kysely, Transaction } from 'kysely';
import type { RetryLimits } from '../ledger/retry.ts';
import type { GatewayDb } from '../store/schema.ts';
import type { Formed, FormContext } from './command.ts';
import type { StoredCommand } from './commands.ts';
import type { FactKind } from './facts.ts';

/** What all queues' work shares. */
export interface WorkContext extends FormContext {
  readonly db: Kysely<GatewayDb>;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

/** What waits in a queue, so far as one command could take it. */
export interface Waiting {
  readonly acceptedAtMs: number;
  readonly count: number;
  /** How long its oldest may wait for company. */
  readonly waitMs: number;
}

/** A fact of a command whose outcome is known. */
export interface ToldFact {
  readonly kind: FactKind;
  readonly sessionId: string;
  readonly number: number;
  readonly payload: unknown;
}

/** How one queue's facts become commands, and what follows when they are on the ledger. */
export interface Work {
  /** How often the ledger is asked in one telling, where it is not as usual. */
  readonly limits?: Partial<RetryLimits>;
  /** What could be formed now, at most `size` facts of it. */
  peek(size: number): Promise<Waiting | undefined>;
  /** Forms the next command in the SQL transaction that keeps it. */
  form(trx: Transaction<GatewayDb>, size: number): Promise<Formed>;
  /** In the SQL transaction that marks the command committed. */
  committed(trx: Transaction<GatewayDb>, stored: StoredCommand, facts: readonly ToldFact[]): Promise<void>;
  /** When something may become due without anything being accepted. */
  nextDueMs(): Promise<number | undefined>;
  /**
   * The ledger could not be told, and no contract refused. True when the command is to be withdrawn, so that others of
   * the queue go on.
   */
  unavailable(stored: StoredCommand): boolean;
  /** A contract refused because this gateway's own picture was behind. True when it has changed: form the command anew. */
  refresh(code: LedgerErrorCode, isLast: boolean): Promise<boolean>;
}
