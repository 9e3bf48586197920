import assert from 'node:assert/strict';
import type { Store } from '@roamgrid/service-kit';
import {
  activateRules,
  makeConsent,
  makeCustomer,
  makeOffer,
  makeQuote,
} from '@roamgrid/service-kit/testing';
import { sql } from 'kysely';
import { commit, makeCdr } from '../testing/records.ts';
import { startVisited } from '../testing/visited.ts';
import { startWorld, storeOf, type World } from '../testing/world.ts';
import { pruneStore } from './prune.ts';
import type { AaaDatabase } from './schema.ts';

const DAY_MS = 86_400_000;

describe('the node’s tables', () => {
  let world: World;
  let store: Store<AaaDatabase>;
  before(async () => {
    world = await startWorld();
    await activateRules(world.ask);
    store = await storeOf(world);
  });
  after(async () => {
    await store.close();
    await world.close();
  });

  const count = async (...tables: (keyof AaaDatabase)[]) => {
    const counted: Record<string, number> = {};
    for (const table of tables) {
      const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}`.execute(
        store.db,
      );
      counted[table] = rows[0]?.n ?? -1;
    }
    return counted;
  };

  it('lose what came to nothing and what is billed after ninety days, and nothing of the accounts or of what still runs', async () => {
    const visited = await startVisited(world);
    const token = await visited.roamingToken();
    const customer = await makeCustomer(world.ask);
    const charge = async (isBilled: boolean) => {
      const offer = makeOffer();
      const { auth_req_id: id } = await visited.swipe(customer.cin, offer);
      const decision = await visited.decision(token, id);
      assert.ok(decision.outcome === 'authorised');
      const { authorisation, signedAuthorisation: evidence } = decision;
      const by = { evidence, cinRef: authorisation.cinRef, offer };
      const body = await makeConsent(world.keys, makeQuote(authorisation, offer), by);
      assert.equal((await visited.consent(token, id, body)).status, 204);
      const { access_token: charging } = await visited.chargingToken(id);
      const report = { sequence: 1, atMs: Date.now(), energyWh: '1', powerW: '0', runningMicros: '1' };
      const path = `/roaming/v1/sessions/${body.sessionId}/reports`;
      assert.equal((await visited.call(charging, 'POST', path, report)).status, 200);
      if (!isBilled) return;
      const cdr = makeCdr({ laneSequence: 1, sessionId: body.sessionId });
      commit(world.registry, 'hun', cdr, { cinRef: customer.cinRef, authorisedBy: 'home' });
    };
    await charge(true);
    await charge(false);
    await visited.swipe(customer.cin, makeOffer());
    await world.ask(
      'operator',
      'POST',
      `/operator/v1/periods/${new Date().toISOString().slice(0, 7)}/bills`,
      {},
    );

    const tables = ['decision', 'swipe', 'home_session', 'home_report', 'hold', 'issued_profile'] as const;
    const accounts = ['journal', 'posting', 'bill', 'cdr', 'account', 'cin'] as const;
    const before = await count(...tables, ...accounts);
    assert.deepEqual(
      [before['decision'], before['swipe'], before['home_session'], before['home_report'], before['hold']],
      [3, 3, 2, 2, 3],
    );
    await pruneStore(store.db, Date.now() + 89 * DAY_MS);
    assert.deepEqual(await count(...tables, ...accounts), before);
    // Profiles live seven days, and are kept ninety beyond.
    await pruneStore(store.db, Date.now() + 98 * DAY_MS);
    assert.deepEqual(await count(...tables), {
      decision: 1,
      swipe: 0,
      home_session: 1,
      home_report: 1,
      hold: 1,
      issued_profile: 0,
    });
    assert.deepEqual(
      await count(...accounts),
      Object.fromEntries(accounts.map((name) => [name, before[name]])),
    );
  });

  it('lose other utilities’ customers a week after their profiles', async () => {
    const rest = { hun: 'USDUK', micros: 1n };
    const nowMs = Date.now();
    const profile = (profileId: string, validUntilMs: number) => ({
      visitor_key: profileId,
      lane_id: 'USALP-USDUK-g0',
      hun: 'USDUK',
      profile_id: profileId,
      signed_profile: 'a.b.c',
      profile: '{}',
      valid_until_ms: validUntilMs,
      revoked_at_ms: null,
    });
    await store.db
      .insertInto('visitor_profile')
      .values([profile('ended', nowMs - 8 * DAY_MS), profile('lives', nowMs + DAY_MS)])
      .execute();
    const exposure = (id: string, profileId: string, state: 'reserved' | 'booked') => ({
      session_id: id,
      visitor_key: profileId,
      profile_id: profileId,
      state,
      expires_at_ms: nowMs - 8 * DAY_MS,
      ...rest,
    });
    await store.db
      .insertInto('visitor_exposure')
      .values([
        exposure('of-ended', 'ended', 'booked'),
        exposure('of-lives', 'lives', 'booked'),
        exposure('untaken', 'lives', 'reserved'),
      ])
      .execute();
    const report = { sequence: 1, report: '{}' };
    await store.db
      .insertInto('visitor_report')
      .values([
        { session_id: 'of-ended', ...report },
        { session_id: 'of-lives', ...report },
      ])
      .execute();
    await pruneStore(store.db, nowMs);
    const left = async (table: 'visitor_profile' | 'visitor_exposure' | 'visitor_report', column: string) =>
      (
        await sql<{ id: string }>`select ${sql.ref(column)} as id from ${sql.table(table)}`.execute(store.db)
      ).rows.map(({ id }) => id);
    assert.deepEqual(await left('visitor_profile', 'profile_id'), ['lives']);
    assert.deepEqual(await left('visitor_exposure', 'session_id'), ['of-lives']);
    assert.deepEqual(await left('visitor_report', 'session_id'), ['of-lives']);
  });
});
