import assert from 'node:assert/strict';
import { QUARTER_MS } from '@roamgrid/domain';
import { holdingRecord, type HoldingRecord, type JsonValue } from '@roamgrid/wire';
import fc from 'fast-check';
import type { MemoryLedger } from '../../testing/memory-ledger.ts';
import { ballot, by, call, MSP, NOW_MS, saltOf, type Utility } from '../../testing/parties.ts';
import { amend, but, withGroundwork } from '../../testing/prepared.ts';

const FIRST_MS = Date.UTC(2026, 0, 1);
const root = saltOf('matched');
type Json = Record<string, JsonValue>;

const appointment = (voter: Utility, over: Json = {}) =>
  ballot(voter, 'USGPC', { decision: 'appoint-registrar', version: 1, ...over });
const generator = (over: Json = {}): Json => ({
  generatorId: 'sun-1',
  owner: 'USALP',
  registrar: 'USGPC',
  areaId: 'SOCO',
  countryCode: 'US',
  source: 'SOLAR',
  maxPowerW: '4000',
  fromMs: FIRST_MS,
  ...over,
});
const registered = (over: Json = {}) => ({
  caller: by('USGPC', 'registrar'),
  verb: 'grid.registerGenerator',
  command: { generator: generator(over) },
});
const issued = (...certificates: readonly Json[]) => ({
  caller: by('USGPC', 'registrar'),
  verb: 'grid.issueCertificates',
  command: { registrar: 'USGPC', certificates: [...certificates] },
});
const certificate = (quarterMs = FIRST_MS, wh = 1000): Json => ({
  generatorId: 'sun-1',
  quarterMs,
  wh: `${wh}`,
});
const place = (holdingFromWh: number, quarterMs = FIRST_MS) => ({
  generatorId: 'sun-1',
  quarterMs,
  holdingFromWh: `${holdingFromWh}`,
});
const transfer = (
  holder: Utility,
  to: Utility,
  from: ReturnType<typeof place>,
  fromWh: number,
  toWh: number,
) => ({
  caller: by(holder, 'operator'),
  verb: 'grid.transferCertificates',
  command: { holder, to, parts: [{ ...from, fromWh: `${fromWh}`, toWh: `${toWh}` }] },
});
const cancel = (holder: Utility, from: ReturnType<typeof place>, wh: number, id = 'x1') => ({
  caller: by(holder, 'aaa'),
  verb: 'grid.cancelCertificates',
  command: { holder, cancellationId: id, parts: [{ ...from, wh: `${wh}`, matchRoot: root }] },
});

/** A registrar, its generator and a certificate of 1,000 Wh. */
const withCertificate = async (): Promise<MemoryLedger> => {
  const ledger = await withGroundwork();
  for (const told of [appointment('USALP'), appointment('USDUK'), registered(), issued(certificate())])
    await ledger.submit(call(told));
  return ledger;
};
const holdingsIn = (ledger: MemoryLedger, quarterMs = FIRST_MS): readonly HoldingRecord[] =>
  [...ledger.state]
    .filter(([key]) => key.startsWith(`holding:sun-1:0${quarterMs}:`))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => holdingRecord.parse(JSON.parse(text)));
const shown = (ledger: MemoryLedger) =>
  holdingsIn(ledger).map(({ fromWh, toWh, holder, cancelled }) =>
    [fromWh, toWh, holder, cancelled?.cancellationId ?? 'held'].join(' '),
  );

describe('a registrar', () => {
  it('is whom more than half of the others appoint, until they dismiss it', async () => {
    const ledger = await withGroundwork();
    assert.equal(await ledger.refusal(call(registered())), 'FORBIDDEN');
    assert.equal(await ledger.refusal(call(appointment('USGPC'))), 'FORBIDDEN');
    await ledger.submit(call(appointment('USALP')));
    assert.equal(await ledger.refusal(call(registered())), 'FORBIDDEN');
    await ledger.submit(call(appointment('USDUK')));
    assert.equal(await ledger.refusal(call(registered())), 'ok');
    assert.equal(await ledger.refusal(call(appointment('USDUK'))), 'WRONG_STATE');
    for (const voter of ['USALP', 'USDUK'] as const)
      await ledger.submit(call(appointment(voter, { decision: 'dismiss-registrar', version: 2 })));
    assert.equal(await ledger.refusal(call(registered())), 'FORBIDDEN');
  });

  it('certifies no generation of its own, and no generator as another one', async () => {
    const ledger = await withCertificate();
    assert.equal(
      await ledger.refusal(call(registered({ generatorId: 'sun-2', owner: 'USGPC' }))),
      'FORBIDDEN',
    );
    assert.equal(
      await ledger.refusal(call(registered({ generatorId: 'sun-2', owner: 'USXXX' }))),
      'NOT_FOUND',
    );
    for (const over of [{ owner: 'USDUK' }, { source: 'COAL' }, { areaId: 'DUK' }, { fromMs: FIRST_MS + 1 }])
      assert.equal(await ledger.refusal(call(registered(over))), 'CONFLICT');
    const { writes } = await ledger.submit(call(registered({ untilMs: FIRST_MS + QUARTER_MS })));
    assert.equal((writes.public['generator:sun-1'] as { version: number }).version, 2);
  });
});

describe('grid.issueCertificates', () => {
  it('gives all of a certificate to the generator’s owner, and nothing else', async () => {
    const ledger = await withCertificate();
    const { writes } = await ledger.submit(call(issued(certificate(FIRST_MS + QUARTER_MS, 7))));
    const quarterMs = FIRST_MS + QUARTER_MS;
    assert.deepEqual(writes.public[`certificate:sun-1:0${quarterMs}`], {
      type: 'certificate',
      version: 1,
      generatorId: 'sun-1',
      quarterMs,
      wh: '7',
      registrar: 'USGPC',
      owner: 'USALP',
      areaId: 'SOCO',
      countryCode: 'US',
      source: 'SOLAR',
      issuedAtMs: NOW_MS,
    });
    assert.deepEqual(writes.public[`holding:sun-1:0${quarterMs}:0000000000000000`], {
      type: 'holding',
      version: 1,
      generatorId: 'sun-1',
      quarterMs,
      fromWh: '0',
      toWh: '7',
      holder: 'USALP',
    });
    assert.equal(Object.keys(writes.public).length, 3);
  });

  it('refuses a quarter-hour twice, one that is not over, more than the generator can give, and others’ generators', async () => {
    const ledger = await withCertificate();
    const next = FIRST_MS + QUARTER_MS;
    const cases = [
      ['CONFLICT', issued(certificate())],
      ['CONFLICT', issued(certificate(next), certificate(next))],
      ['INVALID_ARGUMENT', issued(certificate(next + 1))],
      ['INVALID_ARGUMENT', issued(certificate(next, 0))],
      ['INVALID_ARGUMENT', issued(certificate(next, 1001))],
      ['INVALID_ARGUMENT', issued(certificate(FIRST_MS - QUARTER_MS))],
      ['CLOCK_SKEW', issued(certificate(NOW_MS - (NOW_MS % QUARTER_MS)))],
      ['NOT_FOUND', issued({ ...certificate(next), generatorId: 'sun-9' })],
      ['FORBIDDEN', { ...issued(certificate(next)), caller: by('USGPC', 'operator') }],
      ['FORBIDDEN', { ...issued(certificate(next)), caller: by('USALP', 'registrar') }],
    ] as const;
    for (const [code, told] of cases) assert.equal(await ledger.refusal(call(told)), code);
    // However much a registrar says that a generator can give: what databases cannot add up would stop every reader.
    amend(ledger, 'generator:sun-1', { maxPowerW: '9'.repeat(30) });
    const most = 10n ** 12n;
    for (const [code, wh] of [
      ['INVALID_ARGUMENT', most + 1n],
      ['ok', most],
    ] as const)
      assert.equal(await ledger.refusal(call(issued({ ...certificate(next), wh: `${wh}` }))), code);
    amend(ledger, 'generator:sun-1', { registrar: 'USDUK' });
    assert.equal(await ledger.refusal(call(issued(certificate(next)))), 'FORBIDDEN');
    amend(ledger, 'generator:sun-1', { registrar: 'USGPC', untilMs: next });
    assert.equal(await ledger.refusal(call(issued(certificate(next)))), 'INVALID_ARGUMENT');
  });
});

describe('grid.transferCertificates', () => {
  it('splits a holding where it must, and moves just those Wh', async () => {
    const ledger = await withCertificate();
    await ledger.submit(call(transfer('USALP', 'USDUK', place(0), 200, 500)));
    assert.deepEqual(shown(ledger), ['0 200 USALP held', '200 500 USDUK held', '500 1000 USALP held']);
    await ledger.submit(call(transfer('USDUK', 'USALP', place(200), 200, 300)));
    assert.deepEqual(shown(ledger).slice(1, 3), ['200 300 USALP held', '300 500 USDUK held']);
  });

  it('refuses what is not the holder’s, not in the holding, twice in the command, or for nobody', async () => {
    const ledger = await withCertificate();
    const told = transfer('USALP', 'USDUK', place(0), 0, 10);
    const [part] = told.command.parts;
    const cases = [
      ['FORBIDDEN', transfer('USDUK', 'USALP', place(0), 0, 10)],
      ['FORBIDDEN', { ...told, caller: by('USDUK', 'operator') }],
      ['FORBIDDEN', { ...told, caller: by('USALP', 'aaa') }],
      ['NOT_FOUND', transfer('USALP', 'USDUK', place(1), 1, 10)],
      ['INVALID_ARGUMENT', transfer('USALP', 'USDUK', place(0), 10, 10)],
      ['INVALID_ARGUMENT', transfer('USALP', 'USDUK', place(0), 0, 1001)],
      ['INVALID_ARGUMENT', transfer('USALP', 'USALP', place(0), 0, 10)],
      ['CONFLICT', { ...told, command: { ...told.command, parts: [part ?? {}, part ?? {}] } }],
    ] as const;
    for (const [code, refused] of cases) assert.equal(await ledger.refusal(call(refused)), code);
    amend(ledger, 'utility:USDUK', { status: 'suspended' });
    assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
  });
});

describe('grid.cancelCertificates', () => {
  it('uses Wh up once for ever, and keeps under which root', async () => {
    const ledger = await withCertificate();
    const { writes } = await ledger.submit(call(cancel('USALP', place(0), 400)));
    assert.deepEqual(writes.public[`holding:sun-1:0${FIRST_MS}:0000000000000000`], {
      type: 'holding',
      version: 2,
      generatorId: 'sun-1',
      quarterMs: FIRST_MS,
      fromWh: '0',
      toWh: '400',
      holder: 'USALP',
      cancelled: { cancellationId: 'x1', matchRoot: root, atMs: NOW_MS },
    });
    assert.deepEqual(shown(ledger), ['0 400 USALP x1', '400 1000 USALP held']);
    const again = [
      cancel('USALP', place(0), 400, 'x2'),
      cancel('USALP', place(0), 1, 'x2'),
      transfer('USALP', 'USDUK', place(0), 0, 400),
    ];
    for (const told of again) assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
    assert.equal(await ledger.refusal(call(cancel('USALP', place(400), 601))), 'INVALID_ARGUMENT');
    assert.equal(await ledger.refusal(call(cancel('USALP', place(400), 0))), 'INVALID_ARGUMENT');
    assert.equal(await ledger.refusal(call(cancel('USDUK', place(400), 1))), 'FORBIDDEN');
    assert.equal(
      await ledger.refusal(
        but(cancel('USALP', place(400), 1), { caller: { mspId: MSP.USALP, role: 'station' } }),
      ),
      'FORBIDDEN',
    );
  });

  it('sells no Wh twice, in 1,000 random runs of transfers and cancellations', async () => {
    const ledger = await withCertificate();
    const members = ['USALP', 'USDUK', 'USGPC'] as const;
    const step = fc.record({
      holder: fc.constantFrom(...members),
      to: fc.constantFrom(...members),
      pick: fc.nat(),
      from: fc.nat({ max: 1000 }),
      until: fc.nat({ max: 1000 }),
      isCancelled: fc.boolean(),
    });
    let quarterMs = FIRST_MS;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
        quarterMs += QUARTER_MS;
        await ledger.submit(call(issued(certificate(quarterMs))));
        const usedUp = new Set<number>();
        for (const { holder, to, pick, from, until, isCancelled } of steps) {
          const all = holdingsIn(ledger, quarterMs);
          const before = all[pick % all.length] ?? assert.fail();
          const at = place(Number(before.fromWh), quarterMs);
          const told = isCancelled ? cancel(holder, at, until) : transfer(holder, to, at, from, until);
          const code = await ledger.refusal(call(told));
          if (code !== 'ok') continue;
          await ledger.submit(call(told));
          if (!isCancelled) continue;
          const first = Number(before.fromWh);
          for (let wh = first; wh < first + until; wh += 1) {
            assert.ok(!usedUp.has(wh), `Wh ${wh} was used before`);
            usedUp.add(wh);
          }
        }
        let reached = 0n;
        for (const { fromWh, toWh } of holdingsIn(ledger, quarterMs)) {
          assert.equal(fromWh, reached);
          reached = toWh;
        }
        assert.equal(reached, 1000n);
        for (const key of ledger.state.keys()) if (key.startsWith('holding:')) ledger.state.delete(key);
      }),
      { numRuns: 1_000 },
    );
  });
});
