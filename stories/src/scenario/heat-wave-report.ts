import { sumSplits } from '@roamgrid/domain';
import { BROKEN_LIMITS, type Publication } from '@roamgrid/tariff-service';
import {
  cdrLine,
  microsCodec,
  naturalMicrosCodec,
  nettingRecord,
  type Cdr,
  type SwipeOffer,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { ChainVerdict, LocalLedger } from '../system/ledger.ts';
import type { At } from './heat-wave-story.ts';
import type { Settlement } from './settle.ts';

/** What the heat-wave scenario came to, as one object. */

const limit = z.enum(BROKEN_LIMITS);

const publication = z.strictObject({
  at: z.string(),
  forDay: z.string(),
  tariffVersion: z.int(),
  policyId: z.string(),
  forecastHash: z.string(),
  dataCutMs: z.int(),
  validFromMs: z.int(),
  minMicrosPerKWh: naturalMicrosCodec,
  maxMicrosPerKWh: naturalMicrosCodec,
  /** On the ledger, also when no agreement takes it. */
  published: z.enum(['now', 'before', 'no']),
  outcome: z.enum(['bound', 'bound-before', 'refused']),
  refusedBy: z.enum(['pre-check', 'contract']).exactOptional(),
  limit: limit.exactOptional(),
  message: z.string().exactOptional(),
});

const session = z.strictObject({
  at: z.string(),
  feed: z.string(),
  sessionId: z.string(),
  tariffVersion: z.int(),
  estimateMicros: naturalMicrosCodec,
  capMicros: naturalMicrosCodec,
  lines: z.array(cdrLine),
  totalMicros: naturalMicrosCodec,
  /** What the grid moved the driver's total by, with tax, and what moved between the utilities. */
  movedMicros: microsCodec,
  betweenMicros: microsCodec,
  shares: z.record(z.string(), naturalMicrosCodec),
  /** Outcome of each hour that the session touched. */
  demand: z.array(z.string()),
});

export const heatWaveReport = z.strictObject({
  scenario: z.literal('heat-wave'),
  ledger: z.string(),
  chain: z.enum(['verified', 'broken']),
  blocks: z.int(),
  publications: z.array(publication),
  sessions: z.array(session),
  reconciliation: z.strictObject({
    cdrMicros: naturalMicrosCodec,
    invoiceMicros: naturalMicrosCodec,
    shareMicros: naturalMicrosCodec,
    billMicros: naturalMicrosCodec,
    netMicros: microsCodec,
    exact: z.boolean(),
  }),
  netting: nettingRecord.pick({ positions: true, payments: true }),
});
export type HeatWaveReport = z.output<typeof heatWaveReport>;
type PublicationReport = HeatWaveReport['publications'][number];
type HeatSession = HeatWaveReport['sessions'][number];

const clock = ({ day, hour, minute }: At): string =>
  `${day} ${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;

export function publicationReport(at: At, forDay: string, made: Publication): PublicationReport {
  if (made.kind !== 'planned') {
    throw new Error(made.kind === 'not-planned' ? made.problem.message : made.refusal.message);
  }
  const { tariff, range, agreements } = made;
  const [bound] = agreements;
  if (bound === undefined || range === undefined)
    throw new Error(made.refusal?.message ?? 'nothing was bound');
  return {
    at: clock(at),
    forDay,
    tariffVersion: tariff.version,
    ...tariff.origin,
    validFromMs: tariff.validFromMs,
    ...range,
    published: made.published,
    outcome: bound.outcome,
    ...(bound.outcome === 'refused' && {
      refusedBy: bound.by,
      limit: bound.limit,
      message: bound.message,
    }),
  };
}

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);

export function heatSession(at: At, feed: string, { quote }: SwipeOffer, cdr: Cdr): HeatSession {
  const moves = cdr.lines.filter(({ kind }) => kind === 'ADAPTATION');
  return {
    at: clock(at),
    feed,
    sessionId: cdr.sessionId,
    tariffVersion: cdr.tariffVersion,
    estimateMicros: quote.estimateMicros,
    capMicros: quote.capMicros,
    lines: cdr.lines,
    totalMicros: cdr.totalMicros,
    movedMicros: sum(moves.map(({ amountMicros, taxMicros }) => amountMicros + taxMicros)),
    betweenMicros: sum(moves.map(({ grid }) => grid?.betweenMicros ?? 0n)),
    shares: cdr.shares,
    demand: moves.map(({ grid }) => [grid?.outcome, grid?.fault].filter(Boolean).join(' ')),
  };
}

export interface HeatWaveInputs {
  readonly ledger: LocalLedger;
  readonly verdict: ChainVerdict;
  readonly publications: readonly PublicationReport[];
  readonly sessions: readonly HeatSession[];
  readonly cdrs: readonly Cdr[];
  readonly settlement: Settlement;
}

export function heatWaveReportOf(inputs: HeatWaveInputs): HeatWaveReport {
  const { ledger, verdict, publications, sessions, cdrs, settlement } = inputs;
  const { invoices, bills, netting } = settlement;
  const split = sumSplits(cdrs.map(({ shares }) => shares));
  const cdrMicros = sum(cdrs.map(({ totalMicros }) => totalMicros));
  const invoiceMicros = sum(invoices.map(({ body }) => body.totalMicros));
  const shareMicros = sum(Object.values(split));
  const billMicros = sum(bills.map(({ sessionsMicros }) => sessionsMicros));
  const netMicros = sum(netting.positions.map((each) => each.netMicros));
  const payable = sum(invoices.map(({ body }) => body.payableMicros));
  return {
    scenario: 'heat-wave',
    ledger: ledger.kind,
    chain: verdict.verified ? 'verified' : 'broken',
    blocks: verdict.blocks,
    publications: [...publications],
    sessions: [...sessions],
    reconciliation: {
      cdrMicros,
      invoiceMicros,
      shareMicros,
      billMicros,
      netMicros,
      exact:
        cdrMicros === invoiceMicros &&
        invoiceMicros === shareMicros &&
        billMicros === cdrMicros &&
        payable === split.vun + split.infrastructure &&
        netMicros === 0n,
    },
    netting: { positions: netting.positions, payments: netting.payments },
  };
}
