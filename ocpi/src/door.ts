import type { Logger } from '@roamgrid/service-kit';
import type { Kysely } from 'kysely';
import type { OcpiSettings } from './config.ts';
import type { Asker, Party } from './partners/ask.ts';
import type { Seal } from './partners/seal.ts';
import type { OcpiDatabase } from './store/schema.ts';

/** What every part of the door works with. */
export interface Door {
  readonly db: Kysely<OcpiDatabase>;
  readonly asker: Asker;
  readonly seal: Seal;
  readonly settings: OcpiSettings;
  readonly self: Party;
  /** Origin under which partners reach the door; known once it listens. */
  readonly origin: () => string;
  readonly nowMs: () => number;
  readonly log: Logger;
}
