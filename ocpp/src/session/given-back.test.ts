import assert from 'node:assert/strict';
import type { RegisterReading } from '../model/reports.ts';
import { listGivenBack } from '../store/given-back.ts';
import { until } from '../testing/until.ts';
import { BEGIN_MS, CARD, MINUTE_MS, report } from './testing/rig.ts';
import { rig } from './testing/the-rig.ts';

const WH = 1_000n;
const OUTLET = { evse: 7 };

describe('energy that a car gives back', () => {
  beforeEach(() => rig.clear());

  const exported = (
    registerMilliWh: bigint,
    context: RegisterReading['context'] = 'between',
  ): RegisterReading => ({
    ...{ atMs: rig.time.nowMs, registerMilliWh, direction: 'export', context },
  });
  const imported = (
    registerMilliWh: bigint,
    context: RegisterReading['context'] = 'between',
  ): RegisterReading => ({
    ...{ atMs: rig.time.nowMs, registerMilliWh, direction: 'import', context },
  });
  const tell = (phase: 'began' | 'moved' | 'ended', inWh: bigint, outWh: bigint, more: object = {}) => {
    const context = phase === 'began' ? 'begin' : phase === 'ended' ? 'end' : 'between';
    const readings = [imported(inWh * WH, context), exported(outWh * WH, context)];
    return rig.desk.transaction('both', report(rig, phase, undefined, { outlet: OUTLET, readings, ...more }));
  };
  const authorize = () => rig.desk.authorize('both', { token: CARD, atMs: rig.time.nowMs });

  it('is kept beside its session to the milliwatt-hour, and takes nothing from what is billed', async () => {
    await authorize();
    rig.pass(1_000);
    await tell('began', 5_000n, 900n);
    rig.pass(MINUTE_MS);
    await tell('moved', 5_150n, 900n);
    rig.pass(MINUTE_MS);
    await tell('moved', 5_150n, 960n, {
      signed: [{ atMs: rig.time.nowMs, text: 'OCMF|{}|{}', encoding: 'OCMF', context: 'between' }],
    });
    rig.pass(MINUTE_MS);
    const ended = await tell('ended', 5_250n, 1_020n);
    assert.equal(ended.totalCostMicros, 75_000n, 'of the 250 Wh that it took');
    assert.deepEqual(rig.billed(), [{ milliWh: 250n * WH, reason: 'driver' }]);
    const [sessionId] = rig.gateway.sessions.keys();
    const [given, ...more] = await listGivenBack(rig.store.db, 10);
    const { transactionId: _id, ...about } = given ?? assert.fail();
    assert.deepEqual(
      [about, more],
      [
        {
          ...{
            sessionId,
            stationId: 'both',
            evseId: 'US*DUK*E7*1',
            milliWh: 120n * WH,
            signed: ['OCMF|{}|{}'],
          },
          ...{ fromMs: BEGIN_MS + 1_000, untilMs: rig.time.nowMs, notedAtMs: rig.time.nowMs },
        },
        [],
      ],
    );
  });

  it('is counted like what is taken: a message twice once, a jump not, and no more than the outlet carries', async () => {
    await authorize();
    rig.pass(1_000);
    await tell('began', 0n, 0n);
    rig.pass(MINUTE_MS);
    const told = report(rig, 'moved', undefined, { outlet: OUTLET, readings: [exported(100n * WH)] });
    await rig.desk.transaction('both', told);
    await rig.desk.transaction('both', told);
    rig.pass(MINUTE_MS);
    await tell('ended', 0n, 100_000n);
    const [given] = await listGivenBack(rig.store.db, 10);
    assert.equal(given?.milliWh, 100n * WH);
    assert.deepEqual(rig.billed(), [{ milliWh: 0n, reason: 'driver' }]);
  });

  it('without a session is kept as nobody’s, and none where nothing was given', async () => {
    rig.gateway.moods.refusesSwipes = 'CUSTOMER_BLOCKED';
    await tell('began', 0n, 0n);
    rig.pass(MINUTE_MS);
    await tell('ended', 0n, 50n);
    const [given, ...more] = await listGivenBack(rig.store.db, 10);
    assert.deepEqual([given?.sessionId, given?.milliWh, more], [null, 50n * WH, []]);
    await rig.clear();
    await authorize();
    rig.pass(1_000);
    await tell('began', 0n, 70n);
    rig.pass(MINUTE_MS);
    await tell('ended', 100n, 70n);
    assert.deepEqual(await listGivenBack(rig.store.db, 10), []);
  });

  it('is allowed to the utility’s own customers, at outlets that it says so of', async () => {
    const foreign = await authorize();
    assert.deepEqual(foreign.transferModes, ['DC'], 'no agreement has terms for it');
    await rig.clear();
    rig.gateway.moods.hun = 'USDUK';
    const own = await authorize();
    assert.deepEqual(own.transferModes, ['DC', 'DC_BPT']);
    rig.pass(1_000);
    await tell('began', 0n, 0n);
    await until('the station is told', () => rig.told.includes('modes both tx1 DC,DC_BPT'));
    const usual = await rig.desk.authorize('st1', { token: CARD, atMs: rig.time.nowMs });
    assert.equal(usual.transferModes, undefined, 'charging is all there is');
  });
});
