import assert from 'node:assert/strict';
import { openStore, type Store } from '@roamgrid/service-kit';
import { aaaMigrations } from '../store/migrations.ts';
import type { AaaDatabase } from '../store/schema.ts';
import { freshDatabase } from '../testing/database.ts';
import { hex32 } from '../testing/world.ts';
import { createSignInGuard, sweepSignInFailures, SIGN_IN_WAIT_S } from './sign-in-guard.ts';

describe('the bound on failed sign-ins', () => {
  let store: Store<AaaDatabase>;
  let nowMs = 0;
  before(async () => {
    const { stateDir, name: database } = await freshDatabase();
    store = await openStore<AaaDatabase>({
      stateDir,
      database,
      schema: 'aaa',
      migrations: aaaMigrations,
    });
  });
  after(() => store.close());

  const secret = hex32();
  /** A node; another one on the same database is what a restart leaves. */
  const startGuard = () => createSignInGuard({ db: store.db, secret, nowMs: () => nowMs });
  const says = async (login: string, address: string, right: boolean, guard = startGuard()) =>
    (await guard.attempt(login, address, () => Promise.resolve(right ? 'sub' : undefined))).outcome;
  const failUntilWait = async (loginOf: (at: number) => string, addressOf: (at: number) => string) => {
    for (let at = 0; at < 200; at += 1)
      if ((await says(loginOf(at), addressOf(at), false)) === 'wait') return at;
    return undefined;
  };

  it('is five for an account at one address, and more at others until twenty-five', async () => {
    assert.equal(
      await failUntilWait(
        () => 'a',
        () => '192.0.2.1',
      ),
      5,
    );
    assert.equal(await says('a', '192.0.2.1', true), 'wait');
    assert.equal(await says('A', '192.0.2.2', true), 'ok');
    assert.equal(
      await failUntilWait(
        () => 'b',
        (at) => `192.0.2.${10 + at}`,
      ),
      25,
    );
  });

  it('is a hundred for an address at all accounts, an IPv6 address being its network', async () => {
    assert.equal(
      await failUntilWait(
        (at) => `many-${at}`,
        (at) => `2001:db8:1:2::${at.toString(16)}`,
      ),
      100,
    );
    assert.equal(await says('else', '2001:db8:1:2:ffff::1', true), 'wait');
    assert.equal(await says('else', '2001:db8:1:3::1', true), 'ok');
  });

  it('counts nothing that went right, and an account that was right begins anew', async () => {
    for (let time = 0; time < 110; time += 1) assert.equal(await says('right', '192.0.2.60', true), 'ok');
    for (let time = 0; time < 4; time += 1) assert.equal(await says('right', '192.0.2.61', false), 'wrong');
    assert.equal(await says('right', '192.0.2.61', true), 'ok');
    for (let time = 0; time < 5; time += 1) assert.equal(await says('right', '192.0.2.61', false), 'wrong');
  });

  it('counts guesses that are made at once before any is answered', async () => {
    const guard = startGuard();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => says('burst', '192.0.2.70', false, guard)),
    );
    assert.equal(answers.filter((answer) => answer === 'wrong').length, 5);
  });

  it('is over after a quarter of an hour, and leaves nothing; until then it knows no name', async () => {
    await failUntilWait(
      () => 'quixote',
      () => '192.0.2.80',
    );
    const { rows } = await store.pool.query(
      "select 1 from sign_in_failure t where t::text ~ 'quixote|192[.]0[.]2[.]'",
    );
    assert.equal(rows.length, 0);
    nowMs += SIGN_IN_WAIT_S * 1_000;
    assert.equal(await says('quixote', '192.0.2.80', false), 'wrong');
    nowMs += SIGN_IN_WAIT_S * 1_000;
    await sweepSignInFailures(store.db, nowMs);
    assert.deepEqual(await store.db.selectFrom('sign_in_failure').selectAll().execute(), []);
  });
});
