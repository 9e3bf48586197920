import assert from 'node:assert/strict';
import { AGREEMENT, HOME, makeCustomer, VISITED, type TestCustomer } from '@roamgrid/service-kit/testing';
import type { GivenBatch, SettledHouseDay } from '@roamgrid/wire';
import { nextMonth, PERIOD } from '../testing/disputes.ts';
import { startRoaming, type Roaming } from '../testing/roaming.ts';
import { until } from '../testing/until.ts';

const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000];

describe('what cars gave to sites, on their drivers’ bills', function () {
  this.timeout(60_000);
  let roaming: Roaming;
  let names = 0;
  const world = () => roaming.world;
  before(async () => {
    roaming = await startRoaming();
  });
  after(() => roaming.close());

  /** A batch as the gateway tells it: each card's car gave 2 kWh, at some price. */
  const batchOf = (cinRefs: readonly string[], micros: bigint, vun = VISITED): GivenBatch => {
    const batchId = `batch-${(names += 1)}`;
    const untilMs = Date.now() - HOUR_MS;
    const common = {
      ...{
        batchId,
        agreementId: AGREEMENT,
        vun,
        hun: HOME,
        siteId: 'hub',
        fromMs: untilMs - HOUR_MS,
        untilMs,
      },
      merkleRoot: 'ab'.repeat(32),
    };
    const cars = cinRefs.map((cinRef, at) => ({ sourceId: `car-${at}`, cinRef, givenWh: 2_000n, micros }));
    return {
      record: {
        ...{ ...common, type: 'allocation', version: 1, headerHash: '0a'.repeat(32), slots: 1 },
        recordedAtMs: untilMs,
      },
      header: {
        ...{ ...common, slotMs: HOUR_MS, serversWh: 0n, tariffId: 't', tariffVersion: 1, currency: 'USD' },
        tree: { volts: 230n, lanes: 1, nodes: [{ nodeId: 'site', kind: 'connection' }] },
        totalMicros: 0n,
        given: { cars, totalMicros: micros * BigInt(cars.length) },
        salt: '0b'.repeat(32),
      },
    };
  };
  const told = async (...batches: readonly GivenBatch[]): Promise<void> => {
    const { given } = world().registry;
    given.push(...batches);
    const read = () =>
      roaming.store.db.selectFrom('feed').select('cursor').where('feed', '=', 'given:hun').executeTakeFirst();
    await until('the feed is read', async () => Number((await read())?.cursor) === given.length || undefined);
  };
  const bills = async (customer: TestCustomer, periodId = PERIOD, issue = false) => {
    await world().ask('operator', 'POST', `/operator/v1/periods/${periodId}/bills`, { issue });
    return (await world().ask('gateway', 'GET', `/internal/v1/customers/${customer.sub}/bills`)).body.bills;
  };
  const balanceOf = (customer: TestCustomer) => roaming.balanceOf(customer);
  const balanceIs = (customer: TestCustomer, micros: bigint) =>
    until('it is credited', async () => (await balanceOf(customer)) === micros || undefined);

  it('are credited once, each to whose car it is, against the utility of the site, whatever is read again', async () => {
    const [one, other] = [await makeCustomer(world().ask), await makeCustomer(world().ask)];
    const before = await roaming.sumOf(`payable:${VISITED}`);
    const batch = batchOf([one.cinRef, other.cinRef], 300_000n);
    await told(batch);
    await balanceIs(other, 300_000n);
    await world().restart();
    // On a note since: the ledger tells it once more.
    await told({ ...batch, record: { ...batch.record, version: 2, givenChargeId: 'c1' } });
    const [bill, ...more] = await bills(one, PERIOD, true);
    assert.deepEqual(
      [bill?.payableMicros, bill?.sessionsMicros, bill?.state, more],
      ['-300000', '0', 'paid', []],
    );
    const { batchId, siteId, vun, fromMs, untilMs } = batch.header;
    const line = { batchId, siteId, vun, fromMs, untilMs, energyWh: '2000', micros: '300000' };
    assert.deepEqual(bill?.given, [line]);
    assert.equal(await balanceOf(one), 300_000n);
    assert.equal((await roaming.sumOf(`payable:${VISITED}`)) - before, 600_000n);
    assert.deepEqual(await bills(one, nextMonth(), true), [bill], 'it is on one bill');
    const { body } = await world().ask('operator', 'GET', `/operator/v1/customers/${one.customerId}/account`);
    const { openMicros, creditMicros } = body as unknown as Record<string, string>;
    assert.deepEqual(
      [openMicros, creditMicros].map(String),
      ['0', '300000'],
      'what he is owed pays later bills',
    );
  });

  it('and what houses did for their grids stand line by line on the one bill, credited once', async () => {
    const customer = await makeCustomer(world().ask);
    const dayMs = Math.floor((Date.now() - 2 * DAY_MS) / DAY_MS) * DAY_MS;
    const pair = { agreementId: AGREEMENT, vun: VISITED, hun: HOME };
    const day: SettledHouseDay = {
      record: {
        ...{ type: 'flexSettlement', version: 1, houseId: 'h1', ...pair, dayMs },
        ...{ bodyHash: 'ef'.repeat(32), settledAtMs: dayMs + DAY_MS },
      },
      body: {
        ...{ houseId: 'h1', ...pair, dayMs, cinRef: customer.cinRef, currency: 'USD' },
        lines: [
          {
            ...{ line: 'DR', eventId: 'e1', days: 10, baselineWh: 2_000n, takenWh: 200n },
            ...{ adjustmentPpm: 1_000_000n, energyWh: 1_800n, micros: 360_000n },
          },
          { line: 'V2G', eventId: 'e1', energyWh: 4_200n, micros: 1_050_000n },
          { line: 'EXPORT', energyWh: 333n, micros: 33_300n },
        ],
        totalMicros: 1_443_300n,
        salt: '0c'.repeat(32),
      },
    };
    world().registry.houseDays.push(day);
    await balanceIs(customer, 1_443_300n);
    // On a note since.
    world().registry.houseDays.push({ ...day, record: { ...day.record, version: 2, givenChargeId: 'c2' } });
    const [bill] = await bills(customer, PERIOD, true);
    assert.deepEqual(
      bill?.given?.map(({ line, energyWh, micros }) => [line, energyWh, micros]),
      [
        ['DR', '1800', '360000'],
        ['EXPORT', '333', '33300'],
        ['V2G', '4200', '1050000'],
      ],
    );
    assert.equal(bill.payableMicros, '-1443300');
    assert.equal(await balanceOf(customer), 1_443_300n);
  });

  it('of an own site are owed by the own stations, and of a card that nobody knows to nobody', async () => {
    const customer = await makeCustomer(world().ask);
    const sums = () => Promise.all(['revenue:stations', 'receivable:held'].map((of) => roaming.sumOf(of)));
    const before = await sums();
    await told(batchOf([customer.cinRef, 'cd'.repeat(32)], 7n, HOME));
    await balanceIs(customer, 7n);
    const booked = async () => (await sums()).map((micros, at) => micros - (before[at] ?? 0n));
    await until('both are booked', async () => (await booked())[0] === 14n || undefined);
    assert.deepEqual(await booked(), [14n, -7n]);
  });

  it('wait for a rate to the account’s currency, and keep the customer until they are on a bill', async () => {
    const account = { paymentMethod: 'postpaid', currency: 'EUR', creditLimitMicros: '1000000000' };
    const customer = await makeCustomer(world().ask, { account });
    await told(batchOf([customer.cinRef], 300_001n));
    assert.deepEqual(await bills(customer), []);
    const { body } = await world().ask('operator', 'DELETE', `/operator/v1/customers/${customer.customerId}`);
    assert.match(body.detail, /1 amounts for what a car gave are not on a bill/);
    const rate = { from: 'USD', to: 'EUR', rateMicros: '500000', source: 'these tests', validFromMs: 0 };
    await world().ask('operator', 'POST', '/operator/v1/exchange-rates', {
      ...{ ...rate, validUntilMs: Date.now() + DAY_MS },
    });
    // Half of 300,001 is 150,000.5: to the even one.
    await balanceIs(customer, 150_000n);
    const [bill] = await bills(customer);
    const [line] = bill?.given ?? [];
    assert.deepEqual(
      [bill?.currency, bill?.payableMicros, line?.micros, line?.exchanged?.micros, line?.exchanged?.from],
      ['EUR', '-150000', '300001', '150000', 'USD'],
    );
  });
});
