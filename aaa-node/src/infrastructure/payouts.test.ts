import assert from 'node:assert/strict';
import { HOME, nextSessionId } from '@roamgrid/service-kit/testing';
import { payout as payoutSchema, payoutPage, type Payout } from '@roamgrid/wire';
import type { Store } from '@roamgrid/service-kit';
import type { AaaDatabase } from '../store/schema.ts';
import { startWorld, storeOf, type World } from '../testing/world.ts';

const JULY = Date.UTC(2026, 6, 15);
const AUGUST = Date.UTC(2026, 7, 15);
const UNIT = { USD: 10_000n, JPY: 1_000_000n };
const sum = (values: readonly bigint[]): bigint => values.reduce((total, each) => total + each, 0n);

/** Numbers that look random and are the same in each run. */
const randomOf = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state % below;
  };
};

describe('payouts to infrastructure providers', () => {
  let world: World;
  let store: Store<AaaDatabase>;
  before(async () => {
    world = await startWorld();
    store = await storeOf(world);
  });
  after(async () => {
    await store.close();
    await world.close();
  });

  /** A share as the feed leaves it. */
  const share = async (
    provider: string,
    micros: bigint,
    endMs = JULY,
    currency: keyof typeof UNIT = 'USD',
  ) => {
    const id = nextSessionId(HOME);
    const times = { start_ms: endMs - 1, end_ms: endMs };
    const whose = { session_id: id, provider_id: provider, station_id: 's' };
    await store.db
      .insertInto('provider_share')
      .values({ ...whose, ...times, currency, energy_wh: 1n, micros })
      .execute();
    return id;
  };
  /** What a dispute makes of it. */
  const becomes = (sessionId: string, micros: bigint) =>
    store.db.updateTable('provider_share').set({ micros }).where('session_id', '=', sessionId).execute();
  const make = async (periodId: string): Promise<readonly Payout[]> => {
    const { status, body } = await world.ask('operator', 'POST', `/operator/v1/periods/${periodId}/payouts`);
    assert.equal(status, 200, JSON.stringify(body));
    return payoutPage.parse(body).payouts;
  };
  const list = async (): Promise<readonly Payout[]> =>
    payoutPage.parse((await world.ask('operator', 'GET', '/operator/v1/payouts')).body).payouts;
  const of = (provider: string, payouts: readonly Payout[]) =>
    payouts.filter(({ providerId }) => providerId === provider);
  const amounts = (payouts: readonly Payout[]) =>
    payouts.map((each) => [each.shareMicros, each.broughtMicros, each.amountMicros, each.carriedMicros]);

  it('count each share once, in whole units, and carry the rest of each provider and currency on', async () => {
    await share('poles', 1_234_567n);
    await share('poles', 1_000_000n, AUGUST);
    await share('poles', 3_400_000n, JULY, 'JPY');
    await share('lamps', 9_999n);
    const july = await make('2026-07');
    assert.deepEqual(amounts(of('poles', july)).sort(), [
      [1_234_567n, 0n, 1_230_000n, 4_567n],
      [3_400_000n, 0n, 3_000_000n, 400_000n],
    ]);
    assert.deepEqual(
      of('lamps', july).map(({ state, amountMicros }) => [state, amountMicros]),
      [['carried', 0n]],
    );
    assert.deepEqual(await make('2026-07'), july, 'told again it makes none');
    // A record of July that came late is in what is made next, whatever period that is of.
    await share('poles', 6_000n);
    assert.deepEqual(amounts(of('poles', await make('2026-08'))), [[1_006_000n, 4_567n, 1_010_000n, 567n]]);
    assert.deepEqual(await make('2026-07'), july);
    const ids = (await list()).map(({ payoutId }) => payoutId);
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.match(id, /^out-[A-Za-z0-9-]{1,31}$/);
    const wrong = await world.ask('operator', 'POST', '/operator/v1/periods/2026-13/payouts');
    assert.equal(wrong.body.code, 'PERIOD_INVALID');
  });

  it('take back by the next one what a dispute took off a share that was paid', async () => {
    const session = await share('masts', 5_000_000n);
    await make('2026-07');
    await becomes(session, 0n);
    await share('masts', 2_000_000n, AUGUST);
    assert.deepEqual(amounts(of('masts', await make('2026-08'))), [[-3_000_000n, 0n, 0n, -3_000_000n]]);
    await share('masts', 4_000_000n, AUGUST);
    const [, second] = of('masts', await make('2026-08'));
    assert.deepEqual(amounts(second === undefined ? [] : [second]), [
      [4_000_000n, -3_000_000n, 1_000_000n, 0n],
    ]);
  });

  it('are paid and come back by what the bank booked, told again without harm', async () => {
    await share('towers', 7_000_000n);
    const [made] = of('towers', await make('2026-07'));
    assert.equal(made?.state, 'due');
    const transfers = `/operator/v1/payouts/${made.payoutId}/transfers`;
    const tell = async (endToEndId: string, state: string) => {
      const { status, body } = await world.ask('operator', 'POST', transfers, { endToEndId, state });
      assert.equal(status, 200, JSON.stringify(body));
      return payoutSchema.parse(body).state;
    };
    const [first, second] = [made.payoutId, `${made.payoutId}/2`];
    assert.equal(await tell(first, 'paid'), 'paid');
    assert.equal(await tell(first, 'returned'), 'returned');
    // A notice of the payment that comes a second time does not pay it again.
    assert.equal(await tell(first, 'paid'), 'returned');
    assert.equal(await tell(second, 'paid'), 'paid');
    const [seen] = of('towers', await list());
    assert.deepEqual([seen?.sent, seen?.cameBack], [[first, second], [first]]);
    const none = { endToEndId: 'x', state: 'paid' };
    const unknown = await world.ask('operator', 'POST', '/operator/v1/payouts/out-none/transfers', none);
    assert.equal(unknown.body.code, 'PAYOUT_NOT_FOUND');
    for (const role of ['gateway', 'router'])
      assert.equal((await world.ask(role, 'GET', '/operator/v1/payouts')).status, 403);
  });

  it('come to the shares whatever happens between them: Σ amounts + what is carried = Σ shares', async () => {
    const random = randomOf(7);
    const shares = new Map<string, bigint>();
    for (let step = 0; step < 60; step += 1) {
      const [id] = shares.size > 0 ? [[...shares.keys()][random(shares.size)]] : [];
      if (id !== undefined && random(4) === 0) {
        const micros = BigInt(random(3_000_000));
        await becomes(id, micros);
        shares.set(id, micros);
      } else if (random(3) > 0) {
        const micros = BigInt(random(3_000_000));
        shares.set(await share('random', micros, random(2) === 0 ? JULY : AUGUST), micros);
      } else await Promise.all([make('2026-08'), make('2026-08')]);
    }
    const payouts = of('random', await make('2026-08'));
    const last = payouts.at(-1);
    assert.ok(payouts.length > 3 && last !== undefined);
    assert.equal(
      sum(payouts.map(({ amountMicros }) => amountMicros)) + last.carriedMicros,
      sum([...shares.values()]),
    );
    for (const [at, each] of payouts.entries()) {
      assert.equal(each.broughtMicros, payouts[at - 1]?.carriedMicros ?? 0n);
      assert.equal(each.amountMicros % UNIT.USD, 0n);
    }
  });
});
