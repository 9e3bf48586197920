import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  AGREEMENT,
  HOME,
  issuerOf,
  makeCustomer,
  terms,
  VISITED,
  type TestCustomer,
} from '@roamgrid/service-kit/testing';
import {
  convert,
  owedFor,
  reservationWish,
  type ReservationState,
  type ShownReservation,
} from '@roamgrid/wire';
import { nextMonth, PERIOD } from '../testing/disputes.ts';
import { startRoaming, type Roaming } from '../testing/roaming.ts';
import { until } from '../testing/until.ts';
import { keepWish } from './wishes.ts';

const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];
const [FEE, MISSED] = [1_500_001n, 6_000_003n];
const CONTEST_MS = HOUR_MS;

describe('what reservations come to, on the driver’s bill', function () {
  this.timeout(60_000);
  let roaming: Roaming;
  let names = 0;
  const world = () => roaming.world;

  before(async () => {
    roaming = await startRoaming();
    const byLevel = <T>(value: T) => ({ none: value, gold: value, diamond: value, platinum: value });
    const booking = {
      ...{ feeMicros: byLevel(FEE), noShowMicros: byLevel(MISSED), horizonMs: byLevel(DAY_MS) },
      ...{ freeCancelMs: HOUR_MS, holdMs: MINUTE_MS, contestMs: CONTEST_MS },
    };
    const nowhere = { oidcIssuer: 'http://localhost:1/oidc', aaaUrl: 'http://localhost:1' };
    const own = issuerOf(HOME, world().keys.home, nowhere, { ...terms(), booking });
    world().registry.issuers.set(HOME, own);
  });
  after(() => roaming.close());

  interface Ended {
    readonly state: ReservationState;
    readonly vun?: string;
    readonly chargeId?: string;
    readonly changedAtMs?: number;
  }

  /** A reservation of a customer, as the gateway tells it by its id. */
  const reservationOf = ({ cinRef }: TestCustomer, currency = 'USD') => {
    const reservationId = `res-${(names += 1)}`;
    const fromMs = Date.now() - 3 * HOUR_MS;
    const untilMs = fromMs + HOUR_MS;
    const wish = reservationWish.encode({
      ...{ iss: HOME, aud: VISITED, channel: 'c', reservationId, agreementId: AGREEMENT, cinRef },
      ...{ loyalty: 'none', stationId: 's1', fromMs, untilMs, patienceMs: 0, currency },
      ...{ powerW: 1n, leastW: 1n, needWh: 1n, feeMicros: FEE, noShowMicros: MISSED },
      ...{ issuedAtMs: fromMs, validUntilMs: untilMs },
    });
    return {
      reservationId,
      ends: ({ state, vun = VISITED, chargeId, changedAtMs = fromMs + 1 }: Ended): ShownReservation => ({
        record: {
          ...{ type: 'reservation', version: 2, reservationId, agreementId: AGREEMENT, vun, hun: HOME },
          ...{ evseId: 'US*DUK*E1*1', fromMs, untilMs, state, bodyHash: '0a'.repeat(32) },
          ...{ grantedAtMs: fromMs, changedAtMs, ...(chargeId !== undefined && { chargeId }) },
        },
        body: {
          ...{ reservationId, outcome: 'granted', stationId: 's1', powerW: 1n, currency },
          wish: `e30.${Buffer.from(JSON.stringify(wish)).toString('base64url')}.c2ln`,
          ...{ feeMicros: FEE, noShowMicros: MISSED, freeUntilMs: fromMs, holdUntilMs: fromMs + MINUTE_MS },
          salt: '0b'.repeat(32),
        },
      }),
    };
  };
  const cursor = async (): Promise<string> =>
    (
      await roaming.store.db
        .selectFrom('feed')
        .select('cursor')
        .where('feed', '=', 'reservations:hun')
        .executeTakeFirst()
    )?.cursor ?? '0';
  /** The ledger has it so, and the node has read it. */
  const told = async (...shown: readonly ShownReservation[]): Promise<void> => {
    const { reservations } = world().registry;
    reservations.push(...shown);
    await until('the feed is read', async () => Number(await cursor()) === reservations.length || undefined);
  };
  const bills = async (customer: TestCustomer, periodId = PERIOD, issue = false) => {
    await world().ask('operator', 'POST', `/operator/v1/periods/${periodId}/bills`, { issue });
    return (await world().ask('gateway', 'GET', `/internal/v1/customers/${customer.sub}/bills`)).body.bills;
  };
  const linesOf = async (customer: TestCustomer, periodId?: string, issue?: boolean) =>
    (await bills(customer, periodId, issue)).flatMap(({ bookings = [] }) => bookings);
  const balanceOf = (customer: TestCustomer) => roaming.balanceOf(customer);

  it('are billed once they stand on a partner’s note, each once, whatever is read again', async () => {
    const customer = await makeCustomer(world().ask);
    const [used, missed, late, inTime, expired] = Array.from({ length: 5 }, () => reservationOf(customer));
    assert.ok(used && missed && late && inTime && expired);
    const states = [
      [used, 'used'],
      [missed, 'no-show'],
      [late, 'cancelled-late'],
      [inTime, 'cancelled'],
      [expired, 'expired'],
    ] as const;
    const before = await roaming.sumOf(`payable:${VISITED}`);
    await told(...states.map(([of, state]) => of.ends({ state })));
    assert.deepEqual(await bills(customer), []);
    const noted = states.slice(0, 3).map(([of, state]) => of.ends({ state, chargeId: 'c1' }));
    await told(...noted);
    await world().restart();
    await told(...noted);
    const [bill] = await bills(customer);
    assert.deepEqual(
      bill?.bookings?.map(({ reservationId, state, micros }) => [reservationId, state, micros]).sort(),
      [
        [used.reservationId, 'used', FEE.toString()],
        [missed.reservationId, 'no-show', MISSED.toString()],
        [late.reservationId, 'cancelled-late', MISSED.toString()],
      ].sort(),
    );
    const owed = FEE + 2n * MISSED;
    assert.deepEqual([bill.payableMicros, bill.sessionsMicros], [owed.toString(), '0']);
    assert.equal(await balanceOf(customer), -owed);
    assert.equal((await roaming.sumOf(`payable:${VISITED}`)) - before, -owed);
    await bills(customer, PERIOD, true);
    const paid = { paymentId: 'fees', reference: 'fees', micros: owed.toString(), currency: 'USD' };
    await world().ask('operator', 'POST', `/operator/v1/customers/${customer.customerId}/payments`, {
      ...{ ...paid, valueDate: new Date().toISOString().slice(0, 10) },
    });
    assert.deepEqual(
      (await bills(customer)).map(({ state, paidMicros }) => [state, paidMicros]),
      [['paid', owed.toString()]],
    );
  });

  it('are billed in the account’s currency by the rate that was fixed when home asked, each amount by itself', async () => {
    const account = { paymentMethod: 'postpaid', currency: 'EUR', creditLimitMicros: '1000000000' };
    const customer = await makeCustomer(world().ask, { account });
    const rate = (rateMicros: string, validFromMs: number) =>
      world().ask('operator', 'POST', '/operator/v1/exchange-rates', {
        ...{ from: 'USD', to: 'EUR', rateMicros, source: 'these tests', validFromMs },
        validUntilMs: Date.now() + DAY_MS,
      });
    const one = reservationOf(customer);
    const wish = { customerId: customer.customerId, currency: 'USD', untilMs: Date.now() + HOUR_MS };
    const { db } = roaming.store;
    await assert.rejects(keepWish(db, one.reservationId, wish, Date.now()), /no rate from USD to EUR/);
    assert.ok((await rate('500000', 0)).status < 300);
    await keepWish(db, one.reservationId, wish, Date.now());
    assert.ok((await rate('900000', 1)).status < 300);
    await keepWish(db, one.reservationId, wish, Date.now());
    const exchanged = await roaming.sumOf('exchange');
    await told(one.ends({ state: 'used', chargeId: 'c2' }));
    const { body } = await world().ask('operator', 'DELETE', `/operator/v1/customers/${customer.customerId}`);
    assert.equal(body.code, 'ERASURE_PENDING');
    assert.match(body.detail, /1 amounts for reservations are not on a bill; 1 reservations are not over/);
    const [bill] = await bills(customer);
    // Half of 1,500,001 is 750,000.5: to the even one.
    assert.deepEqual([bill?.currency, bill?.payableMicros], ['EUR', '750000']);
    const [line] = bill?.bookings ?? [];
    assert.deepEqual(
      [line?.micros, line?.exchanged?.micros, line?.exchanged?.rateMicros, line?.exchanged?.from],
      [FEE.toString(), '750000', '500000', 'USD'],
    );
    assert.equal((await roaming.sumOf('exchange')) - exchanged, FEE - 750_000n);
  });

  it('of an own outlet wait until an absence can no more be contested, and give back on a later bill what was none', async () => {
    const customer = await makeCustomer(world().ask);
    const [early, one] = [reservationOf(customer), reservationOf(customer)];
    const changedAtMs = Date.now() - CONTEST_MS + 1_500;
    await told(
      early.ends({ state: 'no-show', vun: HOME, changedAtMs: Date.now() }),
      one.ends({ state: 'no-show', vun: HOME, changedAtMs }),
    );
    await until('it can be contested no more', async () => (await linesOf(customer)).length > 0 || undefined);
    assert.ok(Date.now() > changedAtMs + CONTEST_MS);
    const [bill] = await bills(customer, PERIOD, true);
    assert.deepEqual([bill?.payableMicros, bill?.state], [MISSED.toString(), 'issued']);
    await told(
      one.ends({ state: 'used', vun: HOME, changedAtMs: Date.now() }),
      early.ends({ state: 'used', vun: HOME, changedAtMs: Date.now() }),
    );
    const later = await linesOf(customer, nextMonth(), true);
    assert.deepEqual(
      later.map(({ reservationId, state, micros }) => [reservationId, state, micros]).sort(),
      [
        [one.reservationId, 'no-show', MISSED.toString()],
        [one.reservationId, 'used', (FEE - MISSED).toString()],
        [early.reservationId, 'used', FEE.toString()],
      ].sort(),
    );
    assert.equal(await balanceOf(customer), -2n * FEE);
  });

  it('go by the rate of their first line, whatever is stated later', async () => {
    const account = { paymentMethod: 'postpaid', currency: 'CHF', creditLimitMicros: '1000000000' };
    const customer = await makeCustomer(world().ask, { account });
    const state = (rateMicros: string, validFromMs: number) =>
      world().ask('operator', 'POST', '/operator/v1/exchange-rates', {
        ...{ from: 'USD', to: 'CHF', rateMicros, source: 'tests', validFromMs },
        validUntilMs: Date.now() + DAY_MS,
      });
    const one = reservationOf(customer);
    const changedAtMs = Date.now() - 2 * CONTEST_MS;
    await state('800000', 0);
    await told(one.ends({ state: 'no-show', vun: HOME, changedAtMs }));
    await state('400000', 1);
    await told(one.ends({ state: 'cancelled', vun: HOME, changedAtMs }));
    assert.equal(await balanceOf(customer), 0n);
    const lines = await linesOf(customer);
    assert.deepEqual(
      lines.map(({ micros, exchanged }) => [micros, exchanged?.rateMicros]),
      [
        [MISSED.toString(), '800000'],
        [(-MISSED).toString(), '800000'],
      ],
    );
  });

  it('come to what the last end comes to, whichever ends were told how often before', async () => {
    const account = { paymentMethod: 'postpaid', currency: 'CAD', creditLimitMicros: '1000000000' };
    const customer = await makeCustomer(world().ask, { account });
    const rate = { currency: 'CAD', rateMicros: 1_333_333n, source: 'tests', rounding: 'half-even' } as const;
    await world().ask('operator', 'POST', '/operator/v1/exchange-rates', {
      ...{ from: 'USD', to: 'CAD', rateMicros: '1333333', source: 'tests', validFromMs: 0 },
      validUntilMs: Date.now() + DAY_MS,
    });
    const states = fc.constantFrom<ReservationState>('used', 'cancelled-late', 'cancelled', 'no-show');
    const runs = fc.array(states, { minLength: 1, maxLength: 5 });
    let expected = 0n;
    await fc.assert(
      fc.asyncProperty(runs, async (ends) => {
        const one = reservationOf(customer);
        const changedAtMs = Date.now() - 2 * CONTEST_MS;
        const shown = ends.map((state) => one.ends({ state, vun: HOME, changedAtMs }));
        await told(...shown);
        const last = shown.at(-1);
        assert.ok(last?.body);
        expected += convert(owedFor(last.record, last.body), rate);
        assert.equal(await balanceOf(customer), -expected);
      }),
      { numRuns: 15 },
    );
  });
});
