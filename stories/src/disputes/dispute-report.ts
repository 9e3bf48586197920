import { disputeReason, disputeRecord, microsCodec, naturalMicrosCodec } from '@roamgrid/wire';
import { z } from 'zod';

/** What happens to a session's record. */
export const FATES = ['honest', 'padded', 'wrongly', 'revised', 'silent', 'upheld', 'late'] as const;
export type Fate = (typeof FATES)[number];

/** What each comes to, and why it was disputed. */
export const EXPECTED: Readonly<
  Record<
    Exclude<Fate, 'honest'>,
    {
      readonly reason: z.output<typeof disputeReason>;
      readonly state: 'credited' | 'settled';
      readonly is: string;
    }
  >
> = {
  padded: {
    reason: 'ENERGY',
    state: 'credited',
    is: 'found by home’s checks, credited by the visited node itself',
  },
  wrongly: { reason: 'RATING', state: 'settled', is: 'home was wrong: upheld by the visited node itself' },
  revised: { reason: 'DRIVER', state: 'settled', is: 'revised by another close that the meter signed' },
  silent: {
    reason: 'DRIVER',
    state: 'credited',
    is: 'the visited utility was silent: credited by home’s node',
  },
  late: {
    reason: 'DRIVER',
    state: 'settled',
    is: 'contested after its invoice was accepted: credited by a person, netted as a credit note',
  },
  upheld: {
    reason: 'DRIVER',
    state: 'settled',
    is: 'upheld, and home was silent: agreed by the visited node',
  },
};

/** One record, as the two sides show it at the end. */
export const recordSeen = z.strictObject({
  fate: z.enum(FATES),
  sessionId: z.string(),
  /** What the ledger's record comes to. */
  totalMicros: naturalMicrosCodec,
  payableMicros: naturalMicrosCodec,
  driverMicros: naturalMicrosCodec,
  reason: disputeReason.exactOptional(),
  evidence: z.string().exactOptional(),
  state: disputeRecord.shape.state.exactOptional(),
  answeredMicros: naturalMicrosCodec.exactOptional(),
  /** Of the invoice on which the record came back. */
  supplement: z
    .strictObject({
      invoiceId: z.string(),
      totalMicros: naturalMicrosCodec,
      payableMicros: naturalMicrosCodec,
      driverMicros: naturalMicrosCodec,
    })
    .exactOptional(),
});
export type RecordSeen = z.output<typeof recordSeen>;

const check = z.strictObject({ row: z.string(), ok: z.boolean(), seen: z.string() });
type Check = z.output<typeof check>;

export const disputeReport = z.strictObject({
  scenario: z.literal('dispute'),
  ledger: z.enum(['embedded', 'native']),
  chain: z.enum(['verified', 'broken']),
  records: z.array(recordSeen),
  /** Σ of the first invoices, before anything was disputed. */
  invoicedMicros: naturalMicrosCodec,
  /** What the visited utility gets by the netting, and what of it goes on to the next. */
  nettedMicros: microsCodec,
  /** Σ of all bills, corrections among them. */
  billedMicros: microsCodec,
  /** How often each session stands on a bill as a line. */
  linesPerSession: z.record(z.string(), z.int()),
  corrections: z.array(z.strictObject({ sessionId: z.string(), totalMicros: microsCodec })),
  /** What a utility that is no party sees: how many disputes, and whether any text of theirs is in it. */
  third: z.strictObject({ disputes: z.int(), knows: z.boolean() }),
  exact: z.boolean(),
  checks: z.array(check),
});
export type DisputeReport = z.output<typeof disputeReport>;
export type DisputeReading = Omit<DisputeReport, 'scenario' | 'ledger' | 'exact' | 'checks'>;

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, each) => total + each, 0n);

/** What of a record is owed and billed in the end: nothing of a credited one, of a settled one what came back. */
const endOf = (seen: RecordSeen): Pick<RecordSeen, 'totalMicros' | 'payableMicros' | 'driverMicros'> => {
  if (seen.state === undefined) return seen;
  return seen.supplement ?? { totalMicros: 0n, payableMicros: 0n, driverMicros: 0n };
};

/** Both utilities and the customer come to the same, to the micro. */
export const isExact = ({ records, invoicedMicros, nettedMicros, billedMicros }: DisputeReading): boolean => {
  const ends = records.map(endOf);
  return (
    invoicedMicros === sum(records.map(({ totalMicros }) => totalMicros)) &&
    nettedMicros === sum(ends.map(({ payableMicros }) => payableMicros)) &&
    billedMicros === sum(ends.map(({ totalMicros, driverMicros }) => totalMicros - driverMicros))
  );
};

const fateCheck = (seen: RecordSeen): Check => {
  const { fate, sessionId, reason, state, totalMicros, answeredMicros, supplement } = seen;
  const came = supplement === undefined ? 'nothing' : supplement.totalMicros.toString();
  const said = `${sessionId} of ${totalMicros}: ${reason ?? 'not disputed'}, ${state ?? 'accepted with its invoice'}`;
  if (fate === 'honest')
    return { row: 'ROAM-23', ok: state === undefined && reason === undefined, seen: said };
  const expected = EXPECTED[fate];
  const isAmount =
    expected.state === 'credited' || fate === 'late'
      ? supplement === undefined && (answeredMicros ?? 0n) === 0n
      : supplement?.totalMicros === answeredMicros &&
        (fate === 'revised'
          ? answeredMicros !== undefined && answeredMicros < totalMicros
          : answeredMicros === totalMicros);
  return {
    row: 'ROAM-23',
    ok: reason === expected.reason && state === expected.state && isAmount,
    seen: `${said}; came back with ${came}: ${expected.is}`,
  };
};

/** What the scenario shows, from what was read and nothing else. */
export const disputeChecks = (reading: DisputeReading): readonly Check[] => {
  const { records, linesPerSession, corrections, third, chain, billedMicros, nettedMicros } = reading;
  const disputed = records.filter(({ state }) => state !== undefined);
  const changed = disputed.filter((seen) => endOf(seen).totalMicros !== seen.totalMicros);
  const isCorrected =
    corrections.length === changed.length &&
    changed.every((seen) =>
      corrections.some(
        ({ sessionId, totalMicros }) =>
          sessionId === seen.sessionId && totalMicros === endOf(seen).totalMicros - seen.totalMicros,
      ),
    );
  return [
    ...records.map(fateCheck),
    {
      row: 'ROAM-23',
      ok: records.some(
        ({ fate, evidence }) => fate === 'padded' && (evidence ?? '').includes('outlet can give'),
      ),
      seen: records.find(({ fate }) => fate === 'padded')?.evidence ?? 'no evidence',
    },
    {
      row: 'ROAM-23',
      ok: third.disputes === disputed.length && !third.knows,
      seen: `a third utility sees ${third.disputes} disputes${third.knows ? ' and knows sessions of them' : ', hashes and states alone'}`,
    },
    {
      row: 'ROAM-13',
      ok: records.every(({ sessionId }) => linesPerSession[sessionId] === 1) && isCorrected,
      seen: `each of ${records.length} sessions on one bill; corrected later: ${corrections.map(({ totalMicros }) => totalMicros).join(', ')}`,
    },
    {
      row: 'ROAM-13',
      ok: isExact(reading),
      seen: `invoiced ${reading.invoicedMicros}, owed in the end ${nettedMicros}, billed in the end ${billedMicros}`,
    },
    { row: 'ROAM-13', ok: chain === 'verified', seen: `chain ${chain}` },
  ];
};
