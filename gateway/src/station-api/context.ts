import type { KeyObject } from 'node:crypto';
import type { Logger } from '@roamgrid/service-kit';
import type { Kysely } from 'kysely';
import type { Batcher } from '../batcher/batcher.ts';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';
import type { GridOf } from './grid-demand.ts';
import type { Outlets } from './outlets.ts';
import type { RouterClient } from './router-client.ts';

/** What the verbs of the station API share. */
export interface StationContext {
  readonly utilityId: string;
  /** Channel of the ledger on which the sessions will stand: every document that is signed names it. */
  readonly channel: string;
  /** Origin under which drivers' devices reach this gateway. */
  readonly publicUrl: () => string;
  readonly db: Kysely<GatewayDb>;
  readonly registry: Registry;
  readonly batcher: Batcher;
  readonly router: RouterClient;
  readonly outlets: Outlets;
  readonly logger: Logger;
  /** Signs quotes; its public half is in the ledger's registry. */
  readonly signer: { readonly kid: string; readonly key: KeyObject };
  /** Keys the hashes by which repeated requests are recognised, so that a CIN cannot be guessed from one. */
  readonly requestHashKey: Buffer;
  /** False while blocks are not read: nothing that depends on the ledger may start. */
  readonly ledgerUsable: () => boolean;
  /** A home utility took its yes back while the session runs. */
  readonly onRevoked: (sessionId: string) => void;
  /** Demand on the ledger that may move a session's price. */
  readonly gridOf: GridOf;
  /** Time of quotes and sessions, ms. */
  readonly nowMs: () => number;
  readonly settings: {
    readonly quoteValidMs: number;
    readonly reportEveryMs: number;
    /** A station that told nothing of a session for so long after its planned end is silent. */
    readonly silentAfterMs: number;
    /** How often it is looked for sessions that no station ends. */
    readonly reapEveryMs: number;
    readonly headroomPpm: bigint;
  };
}
