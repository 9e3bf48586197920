import assert from 'node:assert/strict';
import { gridInputOf, type AgreementTerms, type DemandChunkRecord, type JsonValue } from '@roamgrid/wire';
import { Lane } from '../../testing/lane.ts';
import { MemoryLedger } from '../../testing/memory-ledger.ts';
import {
  by,
  call,
  groundwork,
  HOUR_MS,
  NOW_MS,
  proposal,
  SET_UP_MS,
  sealedTerms,
  termsOf,
  type Utility,
} from '../../testing/parties.ts';
import { but } from '../../testing/prepared.ts';
import { cdrOf, closeSession } from '../../testing/closed.ts';
import { openSession, PAST, type OpenedSession, type OpenOptions } from '../../testing/opened.ts';

/** Settling under an agreement that adapts to measured grid demand. */

const GW = 1_000_000_000n;
/** The sessions of the tests begin here and take energy for an hour and a half. */
const START_MS = PAST.baseMs;

const TERMS: AgreementTerms = termsOf({
  adaptation: {
    version: 1,
    sources: [
      { utilityId: 'USDUK', areaId: 'DUK' },
      { utilityId: 'USGPC', areaId: 'DUK' },
    ],
    capacityW: 20n * GW,
    intervalMs: HOUR_MS,
    bands: [
      { fromRatioPpm: 0n, movePpm: -100_000n },
      { fromRatioPpm: 600_000n, movePpm: 0n },
      { fromRatioPpm: 900_000n, movePpm: 200_000n },
    ],
    tolerancePpm: 20_000n,
    plausible: { minW: 4n * GW, maxW: 30n * GW, maxChangePpm: 500_000n },
    maxAgeMs: HOUR_MS,
    driver: { upPpm: 1_000_000n, downPpm: 1_000_000n },
  },
});
const terms = sealedTerms(TERMS);

const withAdaptiveAgreement = async (): Promise<MemoryLedger> => {
  const ledger = new MemoryLedger();
  for (const step of groundwork()) {
    if (step.verb === 'consortium.proposeAgreement')
      await ledger.submit(call({ ...proposal({}, TERMS), nowMs: SET_UP_MS }));
    else if (step.verb === 'consortium.signAgreement')
      await ledger.submit(but(step, { command: { termsHash: terms.hash } }));
    else if (step.verb === 'tariff.bind')
      await ledger.submit(but(step, { transient: { terms: terms.text } }));
    else await ledger.submit(call(step));
  }
  return ledger;
};

/** The grid operator of a utility records one hour; at the session's time unless another is given. */
const measured = (utility: Utility, hour: number, gigawatts: bigint, nowMs = START_MS) => {
  const atMs = START_MS + hour * HOUR_MS;
  const command: Record<string, JsonValue> = {
    chunk: {
      utilityId: utility,
      areaId: 'DUK',
      intervalMs: HOUR_MS,
      readings: [{ atMs, demandW: (gigawatts * GW).toString() }],
    },
  };
  return call({
    caller: by(utility, 'grid-operator'),
    verb: 'grid.recordDemand',
    command,
    nowMs: Math.max(nowMs, atMs),
  });
};

const chunksOf = (ledger: MemoryLedger): DemandChunkRecord[] =>
  [...ledger.state]
    .filter(([key]) => key.startsWith('demand:'))
    .map(([, text]) => {
      const chunk = JSON.parse(text) as Omit<DemandChunkRecord, 'readings'> & {
        readings: { atMs: number; demandW: string }[];
      };
      return {
        ...chunk,
        readings: chunk.readings.map(({ atMs, demandW }) => ({ atMs, demandW: BigInt(demandW) })),
      };
    });

const opened = async (ledger: MemoryLedger, options: OpenOptions = {}) => {
  const lane = new Lane();
  const session = await openSession(1, options);
  await ledger.submit(call(lane.open([session])));
  return { lane, session };
};

/** What a visited utility sends that looked at these chunks, and the record that it sums up. */
const settling = (
  { lane, session }: { lane: Lane; session: OpenedSession },
  chunks: readonly DemandChunkRecord[],
) => {
  const grid = gridInputOf(TERMS, chunks);
  const rating = { terms: TERMS, ...(grid && { grid }) };
  const closed = closeSession(session);
  return { cdr: cdrOf(closed, 1, rating), told: lane.settle('b1', [closed], rating) };
};

describe('session.settle under an agreement that adapts to the grid', () => {
  it('takes the sum that recorded demand gives, up and down, and no other', async () => {
    for (const [gigawatts, move, total] of [
      // 30 kWh at 0.30 less 10 % is 8.10, of which a fifth more or a tenth less, and 7 % tax; parking as it was.
      [19n, '200000', 1_733_400n],
      [15n, '0', 0n],
      [10n, '-100000', -866_700n],
    ] as const) {
      const ledger = await withAdaptiveAgreement();
      const session = await opened(ledger);
      for (const utility of ['USDUK', 'USGPC'] as const) {
        for (const hour of [0, 1]) await ledger.submit(measured(utility, hour, gigawatts));
      }
      const { cdr, told } = settling(session, chunksOf(ledger));
      const still = settling(session, []);
      if (move !== '0') assert.equal(await ledger.refusal(call(still.told)), 'NOT_BALANCED');
      assert.equal(await ledger.refusal(call(told)), 'ok');
      const lines = cdr.lines.filter(({ kind }) => kind === 'ADAPTATION');
      assert.deepEqual(
        lines.map(({ quantity }) => quantity),
        [move, move],
      );
      assert.equal(cdr.totalMicros - still.cdr.totalMicros, total);
    }
  });

  it('refuses a sum as if there were no rule, and one by demand that nobody recorded', async () => {
    const ledger = await withAdaptiveAgreement();
    const session = await opened(ledger);
    for (const utility of ['USDUK', 'USGPC'] as const) await ledger.submit(measured(utility, 0, 19n));
    const plain = session.lane.settle('b1', [closeSession(session.session)], { terms: TERMS });
    assert.equal(await ledger.refusal(call(plain)), 'NOT_BALANCED');
    const lied = chunksOf(ledger).map((chunk) => ({
      ...chunk,
      readings: chunk.readings.map((reading) => ({ ...reading, demandW: 15n * GW })),
    }));
    assert.equal(await ledger.refusal(call(settling(session, lied).told)), 'NOT_BALANCED');
  });

  it('freezes the tariff when the feed is missing, late or contradicted, and settles all the same', async () => {
    const cases: readonly (readonly [
      string,
      ReturnType<typeof measured>[],
      readonly (string | undefined)[],
    ])[] = [
      ['missing', [], ['missing', 'missing']],
      [
        'late',
        [measured('USDUK', 0, 19n, NOW_MS), measured('USDUK', 1, 19n, NOW_MS)],
        ['missing', 'missing'],
      ],
      [
        'contradicted',
        [
          measured('USDUK', 0, 19n),
          measured('USGPC', 0, 15n),
          measured('USDUK', 1, 19n),
          measured('USGPC', 1, 15n),
        ],
        ['contradictory', 'contradictory'],
      ],
      ['one hour only', [measured('USDUK', 0, 15n)], [undefined, 'missing']],
    ];
    for (const [what, feed, faults] of cases) {
      const ledger = await withAdaptiveAgreement();
      const session = await opened(ledger);
      for (const each of feed) await ledger.submit(each);
      const { cdr, told } = settling(session, chunksOf(ledger));
      assert.equal(await ledger.refusal(call(told)), 'ok', what);
      const lines = cdr.lines.filter(({ kind }) => kind === 'ADAPTATION');
      assert.deepEqual(
        lines.map(({ grid }) => grid?.fault),
        faults,
        what,
      );
      assert.ok(
        lines.every(({ amountMicros }) => amountMicros === 0n),
        what,
      );
    }
  });

  it('never bills above the consented cap for what the grid demanded', async () => {
    const ledger = await withAdaptiveAgreement();
    const session = await opened(ledger, { quote: { estimateMicros: 9_000_000n, capMicros: 9_500_000n } });
    for (const utility of ['USDUK', 'USGPC'] as const) {
      for (const hour of [0, 1]) await ledger.submit(measured(utility, hour, 19n));
    }
    const { cdr, told } = settling(session, chunksOf(ledger));
    assert.equal(await ledger.refusal(call(told)), 'ok');
    assert.equal(cdr.totalMicros, 9_500_000n);
    const between = cdr.lines.reduce((sum, { grid }) => sum + (grid?.betweenMicros ?? 0n), 0n);
    assert.ok(between > 0n, 'the home utility bears what is above the cap');
    assert.equal(
      Object.values(cdr.shares).reduce((sum, share) => sum + share, 0n),
      cdr.totalMicros,
    );
  });

  it('has terms whose hash both signed: other bands are other terms', async () => {
    const ledger = await withAdaptiveAgreement();
    const { lane, session } = await opened(ledger);
    assert.ok(TERMS.adaptation);
    const other = termsOf({ adaptation: { ...TERMS.adaptation, version: 2 } });
    const told = lane.settle('b1', [closeSession(session)], { terms: other });
    assert.equal(await ledger.refusal(call(told)), 'HASH_MISMATCH');
  });
});
