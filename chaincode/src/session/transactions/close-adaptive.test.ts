import assert from 'node:assert/strict';
import { gridInputOf, type AgreementTerms, type DemandChunkRecord, type JsonValue } from '@roamgrid/wire';
import { MemoryLedger } from '../../testing/memory-ledger.ts';
import {
  by,
  call,
  groundwork,
  HOUR_MS,
  NOW_MS,
  proposal,
  sealedTerms,
  termsOf,
  type Utility,
} from '../../testing/parties.ts';
import { but } from '../../testing/prepared.ts';
import { closeCall, closeSession, openCall, openSession } from '../../testing/sessions.ts';

/** Closing under an agreement that adapts to measured grid demand. */

const GW = 1_000_000_000n;
/** The sessions of the tests begin here and take energy for an hour and a half. */
const START_MS = NOW_MS - 3 * HOUR_MS;

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
    if (step.verb === 'consortium.proposeAgreement') await ledger.submit(call(proposal({}, TERMS)));
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

const opened = async (ledger: MemoryLedger) => {
  const session = await openSession('s1');
  await ledger.submit(but(openCall([session]), { transient: { terms: terms.text } }));
  return session;
};

type Session = Awaited<ReturnType<typeof opened>>;

/** What a visited utility sends that looked at these chunks. */
const closing = (session: Session, chunks: readonly DemandChunkRecord[]) => {
  const grid = gridInputOf(TERMS, chunks);
  const closed = closeSession(session, 1, { terms: TERMS, ...(grid && { grid }) });
  return { closed, told: but(closeCall('b1', [closed]), { transient: { terms: terms.text } }) };
};

describe('session.close under an agreement that adapts to the grid', () => {
  it('takes the CDR that recorded demand gives, up and down, and no other', async () => {
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
      const { closed, told } = closing(session, chunksOf(ledger));
      const still = closing(session, []);
      if (move !== '0') assert.equal(await ledger.refusal(still.told), 'CDR_MISMATCH');
      assert.equal(await ledger.refusal(told), 'ok');
      const { cdr } = closed.body;
      const lines = cdr.lines.filter(({ kind }) => kind === 'ADAPTATION');
      assert.deepEqual(
        lines.map(({ quantity }) => quantity),
        [move, move],
      );
      assert.equal(cdr.totalMicros - still.closed.body.cdr.totalMicros, total);
    }
  });

  it('refuses a CDR as if there were no rule, and one with a changed input', async () => {
    const ledger = await withAdaptiveAgreement();
    const session = await opened(ledger);
    for (const utility of ['USDUK', 'USGPC'] as const) await ledger.submit(measured(utility, 0, 19n));
    const plain = closeSession(session, 1, { terms: TERMS });
    const unmoved = but(closeCall('b1', [plain]), { transient: { terms: terms.text } });
    assert.equal(await ledger.refusal(unmoved), 'CDR_MISMATCH');
    const lied = chunksOf(ledger).map((chunk) => ({
      ...chunk,
      readings: chunk.readings.map((reading) => ({ ...reading, demandW: reading.demandW + 1n })),
    }));
    assert.equal(await ledger.refusal(closing(session, lied).told), 'CDR_MISMATCH');
  });

  it('freezes the tariff when the feed is missing, late or contradicted, and closes all the same', async () => {
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
      const { closed, told } = closing(session, chunksOf(ledger));
      assert.equal(await ledger.refusal(told), 'ok', what);
      const lines = closed.body.cdr.lines.filter(({ kind }) => kind === 'ADAPTATION');
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
    const session = await openSession('s1', { quote: { estimateMicros: 9_000_000n, capMicros: 9_500_000n } });
    await ledger.submit(but(openCall([session]), { transient: { terms: terms.text } }));
    for (const utility of ['USDUK', 'USGPC'] as const) {
      for (const hour of [0, 1]) await ledger.submit(measured(utility, hour, 19n));
    }
    const { closed, told } = closing(session, chunksOf(ledger));
    assert.equal(await ledger.refusal(told), 'ok');
    const { cdr } = closed.body;
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
    const session = await opened(ledger);
    assert.ok(TERMS.adaptation);
    const other = termsOf({ adaptation: { ...TERMS.adaptation, version: 2 } });
    const told = closeCall('b1', [closeSession(session, 1, { terms: other })]);
    const wrong = but(told, { transient: { terms: sealedTerms(other).text } });
    assert.equal(await ledger.refusal(wrong), 'HASH_MISMATCH');
  });
});
