import assert from 'node:assert/strict';
import { makeCustomer, nextSessionId, VISITED } from '@roamgrid/service-kit/testing';
import { exchange as exchangeSchema, type Exchange } from '@roamgrid/wire';
import { commit, makeCdr } from '../testing/records.ts';
import { startRoaming, type Roaming } from '../testing/roaming.ts';
import { until } from '../testing/until.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const COST = 10_000_000n;

describe('records of what began by tokens', function () {
  this.timeout(60_000);
  let roaming: Roaming;
  let numbers = 0;
  before(async () => {
    roaming = await startRoaming();
  });
  after(() => roaming.close());

  interface Given {
    readonly sessions?: number;
    readonly currency?: string;
    readonly exchange?: Exchange;
  }

  /** A token that a customer has, with the money that is held for it. */
  const issued = async ({ sessions = 1, currency = 'USD', exchange }: Given = {}) => {
    const account = { paymentMethod: 'postpaid', currency, creditLimitMicros: '100000000' };
    const customer = await makeCustomer(roaming.world.ask, { account });
    const { db } = roaming.store;
    const tokenId = (numbers += 1).toString(16).padStart(32, '0');
    const holdId = `hold-${tokenId}`;
    const nowMs = Date.now();
    const times = { from_ms: nowMs - 2 * HOUR_MS, until_ms: nowMs, held_until_ms: nowMs + DAY_MS };
    await db
      .insertInto('hold')
      .values({
        ...{ hold_id: holdId, account_id: customer.accountId, micros: COST, state: 'open', offer_of: null },
        ...{ placed_at_ms: nowMs, expires_at_ms: times.held_until_ms },
      })
      .execute();
    await db
      .insertInto('offline_token')
      .values({
        ...{ token_id: tokenId, customer_id: customer.customerId, request_id: tokenId, phone_id: 'phone' },
        ...{ cin_ref: customer.cinRef, quote_id: tokenId, vun: VISITED, hold_id: holdId, token: 'AA' },
        ...{ signed_quote: 'a.b.c', signed_leave: 'a.b.c', consent: 'a.b.c', energy_wh: 60_000n },
        exchange: exchange === undefined ? null : JSON.stringify(exchangeSchema.encode(exchange)),
        ...{
          currency: 'USD',
          cost_micros: COST,
          sessions,
          state: 'open',
          issued_at_ms: nowMs,
          told_at_ms: nowMs,
          ...times,
        },
      })
      .execute();
    const look = async () => {
      const { state } = await db
        .selectFrom('offline_token')
        .select('state')
        .where('token_id', '=', tokenId)
        .executeTakeFirstOrThrow();
      const held = await db
        .selectFrom('hold')
        .select(['state', 'micros'])
        .where('hold_id', '=', holdId)
        .executeTakeFirstOrThrow();
      const { balance } = await db
        .selectFrom('account')
        .select('balance_micros as balance')
        .where('account_id', '=', customer.accountId)
        .executeTakeFirstOrThrow();
      return { state, hold: held.state, heldMicros: held.micros, balance };
    };
    return { customer, tokenId, look };
  };

  const shares = (totalMicros: bigint) => ({
    totalMicros,
    shares: { hun: totalMicros, vun: 0n, infrastructure: 0n, driver: 0n },
  });
  /** The ledger has a record of a session under a token, and the node has read it. */
  const record = async (
    { customer: { cinRef }, tokenId }: Awaited<ReturnType<typeof issued>>,
    changes: Partial<Parameters<typeof makeCdr>[0]> = {},
  ) => {
    const sessionId = nextSessionId();
    const cdr = makeCdr({ laneSequence: (numbers += 1), sessionId, ...shares(4_000_000n), ...changes });
    const of = { cinRef, authorisedBy: 'cache', consentBy: 'device', profileId: tokenId } as const;
    commit(roaming.world.registry, 'hun', cdr, of);
    return until('the record is read', () =>
      roaming.store.db
        .selectFrom('cdr')
        .select(['verdict', 'reasons'])
        .where('session_id', '=', sessionId)
        .executeTakeFirst(),
    );
  };

  it('are billed, and what was held for the token is free', async () => {
    const token = await issued();
    assert.equal((await record(token)).verdict, 'posted');
    const { state, hold, balance } = await token.look();
    assert.deepEqual([state, hold, balance], ['settled', 'settled', -4_000_000n]);
  });

  it('leave as much held as further sessions may cost', async () => {
    const token = await issued({ sessions: 2 });
    await record(token);
    const { state, hold, heldMicros } = await token.look();
    assert.deepEqual([state, hold, heldMicros], ['open', 'open', 6_000_000n]);
    assert.equal((await record(token, shares(6_000_000n))).verdict, 'posted');
    const after = await token.look();
    assert.deepEqual([after.state, after.hold, after.balance], ['settled', 'settled', -10_000_000n]);
    const { verdict, reasons } = await record(token, shares(1n));
    assert.deepEqual(
      [verdict, reasons],
      ['held', ['with it more would be booked under the token than it allows']],
    );
  });

  it('are held back when they are not what the token allows', async () => {
    const token = await issued();
    const wrongs = [
      [shares(COST + 1n), 'with it more would be booked under the token than it allows'],
      [{ energyWh: 60_001n }, 'more energy flowed than the token allows'],
      [{ startMs: Date.now() - 3 * HOUR_MS }, 'the session opened outside the token’s time'],
    ] as const;
    for (const [changes, reason] of wrongs)
      assert.deepEqual((await record(token, changes)).reasons, [reason]);
    const other = await issued();
    const stolen = await record({ ...token, customer: other.customer });
    assert.deepEqual(stolen.reasons, ['the token is of another card, or for other chargers']);
    const { state, hold, balance } = await token.look();
    assert.deepEqual([state, hold, balance], ['open', 'open', 0n]);
  });

  it('are billed in the account’s currency by the rate that was fixed with the token', async () => {
    const exchange = {
      currency: 'EUR',
      rateMicros: 500_000n,
      source: 'tests',
      rounding: 'half-even',
    } as const;
    const token = await issued({ currency: 'EUR', exchange });
    assert.equal((await record(token)).verdict, 'posted');
    assert.equal((await token.look()).balance, -2_000_000n);
  });
});
