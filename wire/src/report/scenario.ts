/** What a run of the system amounted to: printed by `roamgrid scenario --json`, shown by the overview page. */
import { z } from 'zod';
import {
  currencyCode,
  energyWhCodec,
  evseId,
  instantMs,
  microsCodec,
  naturalMicrosCodec,
  ppmCodec,
  recordId,
  utilityId,
} from '../codec/scalars.ts';
import { loyaltyLevel } from '../ledger/consortium.ts';
import { auditedInvoiceState } from '../gateway/api.ts';
import { cdrLine, endReason } from '../ledger/session.ts';
import { bill } from '../roaming/aaa.ts';

const shares = z.strictObject({
  hun: naturalMicrosCodec,
  vun: naturalMicrosCodec,
  infrastructure: naturalMicrosCodec,
  driver: naturalMicrosCodec,
});

export const sessionReport = z.strictObject({
  id: recordId,
  hun: utilityId,
  vun: utilityId,
  evseId,
  authorisedBy: z.enum(['home', 'cache']),
  loyalty: loyaltyLevel,
  /** Milliseconds from swipe to offer, as the station measured them. */
  answerMs: z.number(),
  tariffId: recordId,
  tariffVersion: z.int(),
  adjustmentPpm: ppmCodec,
  estimateMicros: naturalMicrosCodec,
  capMicros: naturalMicrosCodec,
  consentedAtMs: instantMs,
  startMs: instantMs,
  endMs: instantMs,
  endReason,
  energyWh: energyWhCodec,
  currency: currencyCode,
  lines: z.array(cdrLine),
  netMicros: naturalMicrosCodec,
  taxMicros: naturalMicrosCodec,
  totalMicros: naturalMicrosCodec,
  shares,
});
export type SessionReport = z.infer<typeof sessionReport>;

export const scenarioReport = z.strictObject({
  scenario: z.string(),
  ledger: z.enum(['embedded', 'native']),
  /** `verified`: hash links, signatures and state of every block were checked again from the files. */
  chain: z.enum(['verified', 'broken']),
  blocks: z.int(),
  utilities: z.array(z.strictObject({ utilityId, name: z.string(), mspId: z.string() })),
  sessions: z.array(sessionReport),
  bills: z.array(bill),
  invoices: z.array(
    z.strictObject({
      id: recordId,
      vun: utilityId,
      hun: utilityId,
      state: auditedInvoiceState,
      currency: currencyCode,
      sessions: z.int(),
      energyWh: energyWhCodec,
      totalMicros: naturalMicrosCodec,
      payableMicros: naturalMicrosCodec,
      shares,
    }),
  ),
  /** Utility → net position of the period; they sum to zero. */
  netMicros: z.record(z.string(), microsCodec),
  payments: z.array(
    z.strictObject({
      payer: utilityId,
      payee: utilityId,
      amountMicros: naturalMicrosCodec,
      state: z.string(),
    }),
  ),
  /** Sums that must be equal: Σ CDR = Σ invoice = Σ shares, Σ net = 0. */
  reconciliation: z.strictObject({
    cdrMicros: naturalMicrosCodec,
    invoiceMicros: naturalMicrosCodec,
    shareMicros: naturalMicrosCodec,
    netMicros: microsCodec,
    exact: z.boolean(),
  }),
  /** Highest and lowest grid demand that the grid operator recorded on the ledger, W. */
  gridDemand: z.strictObject({ readings: z.int(), peakW: z.string(), lowW: z.string() }),
});
export type ScenarioReport = z.infer<typeof scenarioReport>;
