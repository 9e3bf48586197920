import assert from 'node:assert/strict';
import type { HomePlanMessage } from '@roamgrid/wire';
import { leavesAt, pricesByHour, startHomeStage, type HomeStage } from '../stage/home-stage.ts';
import { NOW } from '../stage/stage.ts';

const HOUR_MS = 3_600_000;
/** Noon of the first day. */
const at = (hour: number): number => NOW + (hour - 12) * HOUR_MS;
const KWH = 1_000n;

/** What a plan gives a claim from one hour to another, Wh. */
const plannedWh = ({ slots }: HomePlanMessage, claimId: string, from: number, until: number): bigint =>
  slots
    .filter(({ startMs }) => startMs >= at(from) && startMs < at(until))
    .reduce(
      (sum, { startMs, endMs, chargesW }) =>
        sum + ((chargesW[claimId] ?? 0n) * BigInt(endMs - startMs)) / BigInt(HOUR_MS),
      0n,
    );

const mostGridW = ({ slots }: HomePlanMessage, from: number, until: number): bigint =>
  slots
    .filter(({ startMs }) => startMs >= at(from) && startMs < at(until))
    .reduce((most, { gridW }) => (gridW > most ? gridW : most), 0n);

describe('a house that plans', function () {
  this.timeout(120_000);
  let house: HomeStage;
  before(async () => {
    house = await startHomeStage({
      connectionW: 25_000n,
      loadW: 500n,
      cars: [
        { carId: 'a', storedWh: 12n * KWH, capacityWh: 60n * KWH, mostW: 11_000n },
        { carId: 'b', storedWh: 40n * KWH, capacityWh: 60n * KWH, mostW: 11_000n },
      ],
      home: { heatingWPerDegree: '150' },
    });
    const night = (hour: number): bigint => (hour < 6 || hour >= 22 ? 150_000n : 300_000n);
    const priceOf = (hour: number): bigint => (hour >= 13 && hour < 15 ? 80_000n : night(hour));
    await house.tell('day-ahead', { kind: 'price', version: 1, intervals: pricesByHour(NOW, 60, priceOf) });
    await house.setCar('a', leavesAt(at(32), 60n * KWH));
    await house.setCar('b', leavesAt(at(42), 60n * KWH));
    // After the cheap hours of the first day.
    await house.live(4 * HOUR_MS);
  });
  after(() => house.close());

  /** The next plan by what is done, with the clock standing still. */
  const replanned = async (work: () => Promise<unknown>) => {
    const before = await house.planned(1);
    await work();
    const plan = await house.planned(before.version + 1);
    return { before: await house.planOf(before.version), plan };
  };

  it('charges the car that leaves in the night, and the one that stays in the cheap afternoon', async () => {
    const plan = await house.planned(1);
    assert.equal(plan.decidedBy, 'plan');
    assert.deepEqual(plan.shortfall, []);
    assert.equal(plannedWh(plan, 'a', 22, 30), 48n * KWH);
    assert.equal(plannedWh(plan, 'a', 16, 48), 48n * KWH);
    assert.ok(plannedWh(plan, 'b', 37, 39) >= 18n * KWH, `${plannedWh(plan, 'b', 37, 39)} Wh`);
  });

  it('makes nothing anew while nothing happens and no time passes', async () => {
    const { version } = await house.planned(1);
    for (let count = 0; count < 5; count += 1) await house.live(0);
    assert.equal((await house.home()).plan?.version, version);
  });

  it('plans anew when a user says another departure, and keeps the old plan beside the new one', async () => {
    const { before, plan } = await replanned(() =>
      house.setCar('a', leavesAt(at(31), 60n * KWH, { version: 2 })),
    );
    assert.deepEqual(
      [before.stale?.cause, plan.cause, plan.version],
      ['plan-change', 'plan-change', before.version + 1],
    );
    assert.equal(plannedWh(plan, 'a', 16, 31), 48n * KWH);
    assert.equal(await house.setCar('a', leavesAt(at(31), 60n * KWH, { version: 2 })), 'known');
    const other = await house.ask(
      'PUT',
      '/operator/v1/sites/s1/home/cars/a',
      leavesAt(at(30), 1n, { version: 2 }),
    );
    assert.deepEqual([other.status, (other.body as { code: string }).code], [409, 'CHANGE_CONFLICT']);
  });

  it('plans anew for an event that asks for less, and again when it is called off', async () => {
    const event = { kind: 'dr-event', startMs: at(22), endMs: at(24), reduceW: '3000' };
    const planned = await house.planned(1);
    const { plan } = await replanned(() => house.tell('dr-1', { ...event, version: 1 }));
    assert.equal(plan.cause, 'event');
    const [cap] = plan.caps;
    assert.ok(cap !== undefined && cap.capW >= 0n);
    assert.ok(mostGridW(planned, 22, 24) > cap.capW);
    assert.ok(mostGridW(plan, 22, 24) <= cap.capW + 500n, `${mostGridW(plan, 22, 24)} W`);
    assert.deepEqual(plan.shortfall, []);
    const off = await replanned(() => house.tell('dr-1', { ...event, version: 2, isCancelled: true }));
    assert.deepEqual(off.plan.caps, []);
  });

  it('plans anew for another price', async () => {
    const priceOf = (hour: number): bigint => (hour >= 2 && hour < 7 ? 50_000n : 300_000n);
    const { plan } = await replanned(() =>
      house.tell('day-ahead', { kind: 'price', version: 2, intervals: pricesByHour(NOW, 60, priceOf) }),
    );
    assert.equal(plan.cause, 'price');
    assert.equal(plannedWh(plan, 'a', 26, 31), 48n * KWH);
  });

  it('tells its users once of a fall of temperature and of a surge, and plans anew for both', async () => {
    const reading = { kind: 'temperature', atMs: house.nowMs() };
    await house.tell('outside', { ...reading, version: 1, milliC: 8_000 });
    const cold = await replanned(() => house.tell('outside', { ...reading, version: 2, milliC: -2_000 }));
    assert.equal(cold.plan.cause, 'event');
    const heatingW = (cold.plan.slots[0]?.loadW ?? 0n) - (cold.before.slots[0]?.loadW ?? 0n);
    assert.equal(heatingW, 1_500n);
    const surge = { kind: 'grid-demand', startMs: at(26), endMs: at(28), demandPermille: 950 };
    const short = await replanned(() => house.tell('grid', { ...surge, version: 1 }));
    assert.ok(plannedWh(short.before, 'a', 26, 28) > 0n);
    assert.equal(plannedWh(short.plan, 'a', 26, 28), 0n);
    assert.deepEqual(short.plan.shortfall, []);
    await replanned(() => house.tell('grid', { ...surge, version: 2, demandPermille: 960 }));
    await house.tell('outside', { ...reading, version: 3, milliC: -3_000 });
    const told = (await house.notices()).map(({ code }) => code);
    assert.deepEqual(told.sort(), ['GRID_SURGE', 'TEMPERATURE_DROP']);
  });

  it('plans anew when what is bought is not what was planned, and when a car goes', async () => {
    house.takes(6_000n);
    await house.live(60_000);
    const before = await house.planned(1);
    // In the same quarter: six kilowatts beside what was planned come to half a kilowatt-hour in less than it.
    for (let minute = 0; minute < 12; minute += 1) await house.live(60_000);
    const plan = await house.planned(before.version + 1);
    assert.equal(plan.cause, 'measurement');
    const box = house.plant.loads.get('box-b');
    assert.ok(box);
    box.claims = [];
    const { plan: without } = await replanned(() => house.live(1_000));
    assert.equal(without.cause, 'measurement');
    assert.equal(plannedWh(without, 'b', 12, 60), 0n);
  });

  it('goes on with its plan after a start anew, and plans at once', async () => {
    const before = await house.planned(1);
    await house.startAnew();
    assert.equal((await house.home()).plan?.version, before.version);
    assert.equal((await house.home()).cars.length, 2);
    const { plan } = await replanned(() => house.live(1_000));
    assert.equal(plan.cause, 'start');
    assert.deepEqual([plan.decidedBy, plan.shortfall], ['plan', []]);
  });
});
