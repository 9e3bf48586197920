import { createHash } from 'node:crypto';
import type { Cdr, InvoiceEntry, IssuerEntry, MissingNumber, ShownDispute } from '@roamgrid/wire';
import { z } from 'zod';
import type { Auth } from '../../http/route.ts';
import { ServiceError } from '../../problem/service-error.ts';

/** What of clearing a ledger would hold; tests change it as they go. */
export interface ClearingWorld {
  readonly invoices: InvoiceEntry[];
  /** Invoices that were accepted on the ledger, whole or in part, in order. */
  readonly accepted: string[];
  /** Settled sessions by id, with the record that each comes to. */
  readonly settled: Map<string, { readonly cdr: Cdr; readonly settled: string }>;
  /** By id and version. */
  readonly tariffs: Map<string, string>;
  readonly disputes: ShownDispute[];
  readonly missing: MissingNumber[];
  /** Sessions whose records were demanded, in order. */
  readonly demanded: string[];
  /** What homes were told to be taken back, in order. */
  readonly takenBack: { readonly sessionId: string; readonly statement: string }[];
  readonly disputesAsked: DisputesAsked;
  /** `answersLost`: what was told is done, and nobody hears of it; `refusesDisputes`: nothing is done, with this code, `above` so many at once. */
  readonly faults: {
    answersLost: boolean;
    refusesDisputes?: { readonly code: RefusedCode; readonly above: number } | undefined;
    /** Home is told of nothing: it says no, or is away. */
    refusesTakeBacks?: 'TAKE_BACK_REFUSED' | 'HOME_SERVICE_DOWN' | undefined;
  };
}

/** Codes with which a ledger refuses disputes: one that time cures, one that nothing does, and one of too many. */
export type RefusedCode = 'LEDGER_CLOCK_SKEW' | 'LEDGER_EXPIRED' | 'LEDGER_TOO_LARGE';

/** What was asked of disputes. */
export interface DisputesAsked {
  /** `<role> <cursor>` behind which changes were read, in order. */
  readonly changesAfter: string[];
  /** Invoices whose records were read, in order. */
  readonly recordsOf: string[];
}

export const emptyClearing = (): ClearingWorld => ({
  invoices: [],
  accepted: [],
  settled: new Map(),
  tariffs: new Map(),
  disputes: [],
  missing: [],
  demanded: [],
  takenBack: [],
  disputesAsked: { changesAfter: [], recordsOf: [] },
  faults: { answersLost: false },
});

export interface ClearingPart {
  readonly world: ClearingWorld & { readonly issuers: ReadonlyMap<string, IssuerEntry> };
  readonly own: string;
  readonly auth: Auth<unknown>;
}

export const none = () => new ServiceError('NOT_FOUND', 'no such record');
export const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
export const receipt = { transactionId: 't', blockNumber: '1', wrote: [] };
export const role = z.enum(['hun', 'vun']);

/** How long the other side may be silent. */
export const SILENT_AFTER_MS = 60_000;

export const find = <T>(items: readonly T[], is: (item: T) => boolean): T => {
  const found = items.find(is);
  if (found === undefined) throw none();
  return found;
};

/** What was done is done, whether or not who asked is told. */
export const answered = <T>({ faults }: ClearingWorld, value: T): T => {
  if (faults.answersLost) throw new ServiceError('LEDGER_AWAY', 'the answer is lost');
  return value;
};

export const replace = ({ disputes }: ClearingWorld, next: ShownDispute): ShownDispute => {
  const at = disputes.findIndex(({ record }) => record.disputeId === next.record.disputeId);
  disputes.splice(at, 1, next);
  return next;
};

export const nothing = { hun: 0n, vun: 0n, infrastructure: 0n, driver: 0n };
