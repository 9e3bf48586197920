import assert from 'node:assert/strict';
import { createCommander } from '../commands/commander.ts';
import { chargingProfile } from '../commands/profile.ts';
import { runCommand } from '../commands/run-command.ts';
import { SUBPROTOCOLS } from '../edge/rpc.ts';
import { startStage, type Stage } from '../testing/stage.ts';

const BEGIN_MS = Date.parse('2026-06-01T10:00:00Z');
const TOKEN = { idToken: '04A2B3C4', type: 'ISO14443' };
const outlet = { evse: 1 };
const STEPS = [
  { startS: 0, limitTenths: 220_000 },
  { startS: 180, limitTenths: 150_000 },
  { startS: 1_080, limitTenths: 80_000 },
];

describe('a station that is given charging profiles', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage();
  });
  after(() => stage.close());

  const station = async (stationId: string, protocol: (typeof SUBPROTOCOLS)[number]) => {
    const made = await stage.station(stationId, protocol, { nowMs: () => BEGIN_MS });
    await made.switchOn();
    const set = (changes: object, evse = 1) =>
      runCommand(stage.edge.live, stationId, {
        kind: 'set-profile',
        outlet: { evse },
        profile: chargingProfile.parse({
          ...{ profileId: 1, stackLevel: 0, purpose: 'transaction-default', kind: 'relative', unit: 'W' },
          periods: STEPS,
          ...changes,
        }),
      });
    const composite = async (durationS: number) => {
      const answer = await runCommand(stage.edge.live, stationId, {
        kind: 'composite-schedule',
        ...{ outlet, durationS, unit: 'W' },
      });
      return answer === 'offline' ? undefined : answer.schedule?.periods;
    };
    return { made, set, composite };
  };

  for (const protocol of SUBPROTOCOLS) {
    it(`follows 22, 15 and 8 kW from 0, 180 and 1,080 s for 1,980 s exactly in ${protocol}`, async () => {
      const { made, set, composite } = await station(`STEPS-${protocol}`, protocol);
      assert.deepEqual(await set({ durationS: 1_980 }), { outcome: 'accepted', said: 'Accepted' });
      await made.begin(1, TOKEN);
      assert.deepEqual(await composite(1_980), STEPS);
      const registers: bigint[] = [];
      for (const seconds of [180, 900, 900]) {
        await made.follow(1, seconds);
        registers.push(made.register(1));
      }
      // 22 kW for 180 s, 15 kW for 900 s, 8 kW for 900 s.
      assert.deepEqual(registers, [1_100_000n, 4_850_000n, 6_850_000n]);
      assert.deepEqual(
        stage.heard.transactions.at(-1)?.report.readings.map(({ registerMilliWh }) => registerMilliWh),
        [6_850_000n],
      );
      await made.end(1);
    });
  }

  it('goes by the highest level, its transaction’s own first, and never above the station’s', async () => {
    const { made, set, composite } = await station('LEVELS', 'ocpp2.0.1');
    const flat = (limitTenths: number) => ({ periods: [{ startS: 0, limitTenths }] });
    await set(flat(110_000));
    await set({ ...flat(70_000), profileId: 2, stackLevel: 3 });
    await made.begin(1, TOKEN);
    assert.deepEqual(await composite(60), [{ startS: 0, limitTenths: 70_000 }], 'the higher level');
    const transactionId = made.transactionAt(1) ?? '';
    await set({ ...flat(90_000), profileId: 3, purpose: 'transaction', transactionId });
    assert.deepEqual(await composite(60), [{ startS: 0, limitTenths: 90_000 }], 'the transaction’s own');
    const max = { profileId: 4, purpose: 'station-max', kind: 'absolute', startMs: BEGIN_MS };
    await set(
      {
        ...max,
        periods: [
          { startS: 0, limitTenths: 200_000 },
          { startS: 30, limitTenths: 40_000 },
        ],
      },
      0,
    );
    assert.deepEqual(await composite(60), [
      { startS: 0, limitTenths: 90_000 },
      { startS: 30, limitTenths: 40_000 },
    ]);
    await made.end(1);
    await made.begin(1, TOKEN);
    assert.deepEqual((await composite(30)) ?? [], [{ startS: 0, limitTenths: 70_000 }], 'its own is gone');
    assert.equal(await createCommander(stage.edge.live).stop('LEVELS', transactionId), 'rejected');
  });

  it('forgets those that are cleared, by id or by what they are', async () => {
    const { set, composite, made } = await station('CLEARS', 'ocpp1.6');
    await made.begin(1, TOKEN);
    await set({ periods: [{ startS: 0, limitTenths: 110_000 }] });
    await set({ profileId: 2, stackLevel: 3, periods: [{ startS: 0, limitTenths: 70_000 }] });
    const clear = (by: object) =>
      runCommand(stage.edge.live, 'CLEARS', { kind: 'clear-profile', ...by }).then(
        (answer) => answer !== 'offline' && answer.said,
      );
    assert.equal(await clear({ profileId: 9 }), 'Unknown');
    assert.equal(await clear({ outlet, purpose: 'transaction-default', stackLevel: 3 }), 'Accepted');
    assert.deepEqual(await composite(60), [{ startS: 0, limitTenths: 110_000 }]);
    assert.equal(await clear({}), 'Accepted');
    assert.equal(await composite(60), undefined);
  });

  it('begins a daily one again each day, and heeds from when to when it is valid', async () => {
    const { set, composite } = await station('DAILY', 'ocpp2.1');
    const DAY_MS = 86_400_000;
    const daily = {
      kind: 'daily',
      startMs: BEGIN_MS - 3 * DAY_MS - 100_000,
      durationS: 3_600,
      periods: STEPS,
    };
    await set(daily);
    assert.deepEqual(await composite(200), [
      { startS: 0, limitTenths: 220_000 },
      { startS: 80, limitTenths: 150_000 },
    ]);
    await set({ ...daily, validToMs: BEGIN_MS });
    assert.equal(await composite(200), undefined);
    // Before, it has what the outlet has, 22 kW.
    await set({ ...daily, startMs: BEGIN_MS + 50_000 });
    assert.deepEqual(await composite(300), [
      { startS: 0, limitTenths: 220_000 },
      { startS: 230, limitTenths: 150_000 },
    ]);
    await set({ ...daily, validFromMs: BEGIN_MS + 200_000 });
    assert.equal(await composite(200), undefined);
  });
});
