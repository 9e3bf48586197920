import { duration, privateJwk } from '@roamgrid/service-kit/runtime';
import { z } from 'zod';

const DAY_MS = 86_400_000;
const micros = z.string().regex(/^\d{1,18}$/, 'micros of the account’s currency');

/** Tokens with which customers charge where nobody hears of anything; without it none are issued. */
export const offlineConfig = z.strictObject({
  /** Signs tokens, and home's word on their credit; the ledger's registry has it with the use `tokens`. */
  key: privateJwk,
  /** Phones whose keys one customer may have registered. */
  phones: z.int().min(1).max(20).default(3),
  /** Tokens of one customer that are not used up or over. */
  tokensOpen: z.int().min(1).max(100).default(5),
  /** Of one token. */
  mostEnergyWh: z
    .string()
    .regex(/^[1-9]\d{0,7}$/)
    .default('200000'),
  mostCostMicros: micros.default('100000000'),
  /** From the first to the last second of a token … */
  longest: duration(2 * DAY_MS),
  /** … which is no further ahead than this. */
  ahead: duration(14 * DAY_MS),
  /** With less on the account than this the driver has to go online and reload. */
  lowMicros: micros.default('1000000'),
  /** Money stays put aside so long after a token is over: until then a charger's record may come. */
  recordWithin: duration(7 * DAY_MS),
});
export type OfflineSettings = z.output<typeof offlineConfig>;
