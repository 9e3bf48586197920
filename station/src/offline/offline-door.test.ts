import assert from 'node:assert/strict';
import { statementText, type Contact, type SessionFacts } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { EVSE_ID, NOW_S, TOKEN } from '@roamgrid/offline/testing';
import { billingReading, verifyOcmf } from '@roamgrid/wire';
import { unwrap } from '@roamgrid/domain';
import { Lot, METER_KEY, START, STOP, SWIPE, type LotOptions } from './lot.fixture.ts';

/** 22 kW take so long for 5 kWh. */
const FIVE_KWH_MS = 818_182;
/** A contact takes less. */
const CONTACT_MS = 1_000;
const isAbout = (ms: number, expectedMs: number): void => {
  assert.ok(Math.abs(ms - expectedMs) < CONTACT_MS, `${ms} ms`);
};
/** When the meter says that a session ended. */
const endOf = ({ signed }: SessionFacts): number =>
  unwrap(billingReading(unwrap(verifyOcmf(signed, METER_KEY)), 'end')).atMs;

describe('the door of an outlet that needs no network', function () {
  this.timeout(60_000);
  let lot: Lot;
  const open = async (options?: LotOptions): Promise<Lot> => (lot = await Lot.open(options));
  afterEach(() => lot.close());
  const answered = ({ answer }: Contact) => Promise.resolve(answer);
  const only = async () => {
    const [record, ...more] = await lot.collected();
    assert.deepEqual(more, []);
    return record ?? assert.fail('no record');
  };

  it('charges at the same meter, which signs begin and end as of any session, for this one alone', async () => {
    await open();
    const mine = await lot.phone();
    unwrap(await lot.park.meet(mine, START, answered));
    assert.ok(lot.bay.isCableLocked);
    await lot.pass(FIVE_KWH_MS);
    unwrap(await lot.park.meet(mine, STOP, answered));
    const { facts, evidence } = await only();
    const statement = unwrap(verifyOcmf(facts.signed, METER_KEY));
    const [begin, end] = [
      unwrap(billingReading(statement, 'begin')),
      unwrap(billingReading(statement, 'end')),
    ];
    assert.equal(statement.evseId, EVSE_ID);
    assert.equal(statement.tariffText, await statementText(NODE_SUITE, evidence));
    assert.equal(end.registerMilliWh, facts.registerMilliWh);
    assert.ok(begin.atMs - NOW_S * 1_000 < CONTACT_MS);
    assert.equal(end.atMs - begin.atMs, facts.lastedMs);
    assert.equal(facts.energyWh, (22_000n * BigInt(facts.lastedMs) + 1_800_000n) / 3_600_000n);
    assert.deepEqual(
      [facts.reason, facts.isPlugged, facts.faults, facts.temperatureDeciC, facts.humidityPermille],
      ['stopped', true, [], 350, 450],
    );
    assert.equal(lot.journal?.offline, undefined);
  });

  it('stops at the energy to the watt-hour, with nobody there, and lets the cable go after a while', async () => {
    await open();
    unwrap(await lot.park.meet(await lot.phone(), START, answered));
    const fullMs = Math.floor((6_850 * 3_600_000) / 22_000);
    await lot.pass(fullMs - 11_000);
    assert.equal(lot.park.charger.running, 1);
    await lot.pass(22_000);
    assert.equal(lot.park.charger.running, undefined);
    assert.ok(lot.bay.isCableLocked);
    await lot.pass(31_000);
    assert.ok(!lot.bay.isCableLocked);
    const { facts } = await only();
    assert.deepEqual([facts.reason, facts.energyWh], ['energy', 6_850n]);
    assert.ok(Math.abs(facts.lastedMs - fullMs) <= 1);
  });

  it('stops at the cost, which the hours count towards as well', async () => {
    await open();
    const price = { ...TOKEN.price, microsPerHour: 1_200_000n, microsPerSession: 100_000n };
    const limits = { ...TOKEN.limits, costMicros: 2_400_000n };
    unwrap(await lot.park.meet(await lot.phone({ price, limits }), START, answered));
    await lot.pass(1_300_000);
    const { facts } = await only();
    assert.equal(facts.reason, 'cost');
    const cost = (ms: bigint, wh: bigint) =>
      100_000n + wh * 320n + (ms * 1_200_000n + 3_599_999n) / 3_600_000n;
    assert.ok(cost(BigInt(facts.lastedMs), facts.energyWh) <= 2_400_000n);
    // A tenth of a second more would have been too much.
    assert.ok(cost(BigInt(facts.lastedMs) + 100n, facts.energyWh + 1n) > 2_400_000n);
  });

  it('ends with the hour that was agreed, to the millisecond, and with nobody there', async () => {
    await open({ maxPowerW: 3_000n });
    const expiresS = NOW_S + 900;
    unwrap(await lot.park.meet(await lot.phone({ expiresS }), START, answered));
    await lot.pass(899_000);
    assert.equal(lot.park.charger.running, 1);
    await lot.pass(1_000);
    assert.equal(lot.park.charger.running, undefined);
    const { facts } = await only();
    assert.deepEqual([facts.reason, endOf(facts), facts.energyWh], ['time', expiresS * 1_000, 750n]);
  });

  it('bills until the plug is pulled, and not after', async () => {
    await open();
    const mine = await lot.phone();
    unwrap(await lot.park.meet(mine, START, answered));
    await lot.pass(123_000);
    lot.bay.unplug();
    await lot.pass(60_000);
    const { facts } = await only();
    assert.deepEqual([facts.reason, facts.energyWh, facts.isPlugged], ['unplugged', 752n, false]);
    isAbout(facts.lastedMs, 123_000);
    assert.equal(await lot.asks(mine, STOP), 'ok');
    assert.equal(await lot.asks(await lot.phone(), START), 'NOT_PLUGGED');
  });

  it('ends with a fault, says which, and takes nobody until it is mended', async () => {
    await open();
    unwrap(await lot.park.meet(await lot.phone(), START, answered));
    await lot.pass(60_000);
    lot.bay.fail('ground-fault');
    await lot.pass(1_000);
    lot.bay.mend();
    unwrap(await lot.park.meet(await lot.phone(), START, answered));
    await lot.pass(60_000);
    lot.bay.fail('relay-stuck');
    assert.equal(lot.park.charger.running, 2, 'it shows once the contactor should be open');
    await lot.park.charger.end('time');
    assert.equal(await lot.asks(await lot.phone(), START), 'FAULTY');
    const [first, second] = await lot.collected();
    assert.deepEqual([first?.facts.reason, first?.facts.faults], ['fault', ['ground-fault']]);
    assert.deepEqual([second?.facts.reason, second?.facts.faults], ['time', ['relay-stuck']]);
  });

  it('starts nothing with a cable that cannot be locked, and the token is as it was', async () => {
    await open();
    const mine = await lot.phone();
    lot.bay.jamLock();
    assert.equal(await lot.asks(mine, START), 'NOT_LOCKED');
    assert.equal(lot.journal?.offline, undefined);
    lot.bay.mend();
    assert.equal(await lot.asks(mine, START), 'ok');
  });

  it('counts time by what passes, not by a clock that is set meanwhile', async () => {
    await open({ maxPowerW: 3_000n });
    unwrap(await lot.park.meet(await lot.phone(), START, answered));
    await lot.pass(600_000);
    lot.clockAheadMs = 3_600_000;
    await lot.pass(60_000);
    await lot.time.until(lot.park.charger.end('stopped'));
    const { facts } = await only();
    isAbout(facts.lastedMs, 660_000);
    assert.equal(facts.energyWh, 550n);
  });

  it('follows 22, 15 and 8 kW from 0, 180 and 1080 s to the watt, for 1980 s', async () => {
    await open({ stepMs: 1_000, maxPowerW: 50_000n });
    const begin = { number: 1, mostWh: 6_850n, mostMicros: 2_200_000n, price: TOKEN.price, beganS: NOW_S };
    const periods = [
      { offsetS: 0, limitW: 22_000n },
      { offsetS: 180, limitW: 15_000n },
      { offsetS: 1_080, limitW: 8_000n },
    ];
    const profile = { durationS: 1_980, periods };
    const session = { ...begin, endsS: NOW_S + 7_200, tariffText: 'T', profile };
    assert.equal(await lot.door.begin(session), undefined);
    const { meter } = lot.outlet.shared.memory;
    let before = meter.state.registerWms;
    for (let second = 0; second < 1_980; second += 1) {
      await lot.time.until(new Promise<void>((resolve) => void lot.time.after(1_000, resolve)));
      await new Promise((later) => setImmediate(later));
      const { registerWms } = meter.state;
      const limitW = second < 180 ? 22_000n : second < 1_080 ? 15_000n : 8_000n;
      assert.equal((registerWms - before) / 1_000n, limitW, `in second ${second}`);
      before = registerWms;
    }
    const facts = await lot.time.until(lot.door.end(session, 'stopped'));
    assert.deepEqual([facts.energyWh, facts.lastedMs], [1_100n + 3_750n + 2_000n, 1_980_000]);
  });
});

describe('the two doors of an outlet', function () {
  this.timeout(60_000);
  let lot: Lot;
  beforeEach(async () => {
    lot = await Lot.open();
  });
  afterEach(() => lot.close());
  const refusedBy = async (): Promise<string> => {
    const state = await lot.outlet.swipe({ ...SWIPE });
    return state.screen === 'refused' ? state.refusal.code : state.screen;
  };

  it('take one session at a time: a phone’s keeps a card out, also after a restart, until it is on record', async () => {
    const mine = await lot.phone();
    assert.equal(await lot.asks(mine, START), 'ok');
    await lot.pass(60_000);
    assert.equal(await refusedBy(), 'IN_USE_BY_PHONE');
    lot.cut();
    lot.switchOn();
    // The network's door is there first.
    await lot.outlet.recover();
    assert.equal(await refusedBy(), 'IN_USE_BY_PHONE');
    assert.ok(lot.bay.isCableLocked);
    await lot.park.start();
    const [record] = await lot.collected();
    assert.deepEqual([record?.facts.reason, record?.facts.energyWh], ['power-cut', 367n]);
    assert.deepEqual([lot.gateway.sessions.size, lot.ends.size], [0, 0]);
    const { ended } = await lot.swipes();
    await lot.pass(10_000);
    lot.outlet.stop();
    await lot.time.until(ended);
    assert.equal(lot.gateway.sessions.size, 1);
  });

  it('a card’s keeps a phone out, from the first word to the end, also after a restart', async () => {
    const mine = await lot.phone();
    const offered = await lot.time.until(lot.outlet.swipe({ ...SWIPE }));
    assert.equal(offered.screen, 'offer');
    assert.equal(await lot.asks(mine, START), 'IN_USE');
    lot.outlet.decline();
    await lot.swipes();
    assert.equal(await lot.asks(mine, START), 'IN_USE');
    lot.cut();
    await lot.start();
    assert.equal(await lot.asks(mine, START), 'IN_USE', 'it waits to be told');
    await lot.time.until(lot.outlet.recover());
    assert.equal(await lot.asks(mine, START), 'ok');
    assert.deepEqual([...lot.gateway.sessions.values()].map(({ stop }) => stop?.['endReason']), ['power-cut']); // prettier-ignore
  });

  it('a cable that waits for a phone is not the one of the card that came meanwhile', async () => {
    const mine = await lot.phone();
    assert.equal(await lot.asks(mine, START), 'ok');
    await lot.pass(60_000);
    await lot.time.until(lot.park.charger.end('time'));
    const { ended } = await lot.swipes();
    await lot.pass(10_000);
    await lot.pass(31_000);
    assert.ok(lot.bay.isCableLocked);
    lot.outlet.stop();
    await lot.time.until(ended);
    assert.ok(!lot.bay.isCableLocked);
  });
});
