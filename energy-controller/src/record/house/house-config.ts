import { duration, privateJwk } from '@roamgrid/service-kit/runtime';
import { houseBody, instantMs, recordId, sha256Hex, siteThingId, utilityId } from '@roamgrid/wire';
import { z } from 'zod';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The house that a site is, as its home utility registered it (`grid.registerHouse`); with it what its panel does is recorded on the ledger. */
export const houseRecordConfig = z.strictObject({
  agreementId: recordId,
  /** Whose grid serves it, and whose customer it is; this controller's gateway is one of theirs. */
  vun: utilityId,
  hun: utilityId,
  /** As it was registered: pseudonym and meters, which are called as their sources. */
  body: houseBody,
  /** Time of the pseudonym, as the ledger has it. */
  fromMs: instantMs,
  untilMs: instantMs,
  /** One of the panel's keys that were registered. */
  panelKey: privateJwk,
  /** Of this pseudonym alone: batteries are called by hashes keyed with it. */
  batterySecret: sha256Hex,
  /** Vehicles' keys that earn what their cars, or the sun, give, by source. */
  creditTo: z.record(siteThingId, sha256Hex).default({}),
  batchMs: z
    .int()
    .min(1_000)
    .max(DAY_MS)
    .default(15 * MINUTE_MS),
  everyMs: duration(MINUTE_MS),
  /** How often states of charge and the grid's demand are noted. */
  noteMs: duration(MINUTE_MS),
  /** So long a batch that is due waits for meters that signed nothing in it; an interval that began in it is not recorded later. */
  awaitMs: z.int().min(0).max(DAY_MS).default(MINUTE_MS),
});
export type HouseRecordConfig = z.output<typeof houseRecordConfig>;
