import assert from 'node:assert/strict';
import { ExposureBook, exposurePlace, stateKey, type SettleProofs } from '@roamgrid/wire';
import { by, call, NOW_MS, saltOf } from '../../testing/parties.ts';
import { Lane } from '../../testing/lane.ts';
import { settling, withGroundwork, withOpened } from '../../testing/prepared.ts';
import { closeSession } from '../../testing/closed.ts';
import { LANE_ID, openSession, PROFILE_UNTIL_MS, type OpenOptions } from '../../testing/opened.ts';

/** What a kept profile allows over its whole life. Each session of the tests comes to 9.308999 USD. */

const kept = (profile: OpenOptions['profile'] = {}): OpenOptions => ({ authorisedBy: 'cache', profile });
const revoked = (profileId = 'profile-1', nowMs = NOW_MS) =>
  call({
    caller: by('USALP', 'aaa'),
    verb: 'session.revoke',
    command: { hun: 'USALP', laneId: LANE_ID, profileId, validUntilMs: PROFILE_UNTIL_MS },
    nowMs,
  });

describe('session.settle sums up what a kept profile bears and', () => {
  it('takes sessions up to its sum and up to its count, in one batch or over many', async () => {
    for (const limits of [{ exposureMicros: 27_926_997n }, { maxSessions: 3 }]) {
      const { ledger, lane, sessions } = await withOpened([1, 2, 3, 4], kept(limits));
      const closed = sessions.map((session) => closeSession(session));
      assert.equal(await ledger.refusal(call(lane.settle('b1', closed))), 'OVER_EXPOSURE');
      const [one, ...more] = closed;
      assert.ok(one);
      for (const [index, each] of [one, ...more.slice(0, 2)].entries()) {
        await ledger.submit(call(lane.settle(`b${index}`, [each])));
        lane.settled([each]);
      }
      assert.equal(await ledger.refusal(call(lane.settle('b4', more.slice(2)))), 'OVER_EXPOSURE');
    }
  });

  it('counts each profile alone, and no session that home authorised itself', async () => {
    const { ledger, lane, sessions } = await withOpened([1, 2], kept({ maxSessions: 1, profileId: 'p-a' }));
    const [one] = sessions;
    assert.ok(one);
    const other = await openSession(3, kept({ maxSessions: 1, profileId: 'p-b' }));
    const home = await openSession(4);
    await ledger.submit(call(lane.open([other, home])));
    const told = lane.settle(
      'b1',
      [one, other, home].map((session) => closeSession(session)),
    );
    assert.equal(await ledger.refusal(call(told)), 'ok');
  });

  it('refuses a sum that the ledger does not hold, and one that nothing is settled under', async () => {
    const { ledger, lane, sessions } = await withOpened([1, 2], kept());
    const [one, two] = sessions.map((session) => closeSession(session));
    assert.ok(one && two);
    const stated = { micros: 1n, sessions: 1, salt: saltOf('spent') };
    const invented: Partial<SettleProofs> = { spent: { 'profile-1': stated } };
    assert.equal(await ledger.refusal(call(lane.settle('b1', [one], { proofs: invented }))), 'HASH_MISMATCH');
    const foreign: Partial<SettleProofs> = { spent: { 'profile-9': stated } };
    assert.equal(
      await ledger.refusal(call(lane.settle('b1', [one], { proofs: foreign }))),
      'INVALID_ARGUMENT',
    );
    await ledger.submit(call(lane.settle('b1', [one])));
    lane.settled([one]);
    for (const spent of [{}, { 'profile-1': stated }] as const)
      assert.equal(
        await ledger.refusal(call(lane.settle('b2', [two], { proofs: { spent } }))),
        'HASH_MISMATCH',
      );
    // Books of before: those without what was settled since, and one beside them.
    const { book, mark } = exposurePlace(LANE_ID, 'profile-1', PROFILE_UNTIL_MS);
    const changed = new ExposureBook();
    changed.write(mark, stated);
    for (const exposures of [{}, { [book]: '' }, { [book]: changed.text }])
      assert.equal(
        await ledger.refusal(call(lane.settle('b2', [two], { proofs: { exposures } }))),
        'HASH_MISMATCH',
      );
    const told = await ledger.submit(call(lane.settle('b2', [two])));
    const key = stateKey.exposures(LANE_ID, book);
    assert.equal((told.writes.public[key] as { version: number }).version, 2);
  });

  it('refuses books in which nothing is settled', async () => {
    const { ledger, lane, sessions } = await withOpened([1], kept());
    const closed = sessions.map((session) => closeSession(session));
    const { book } = exposurePlace(LANE_ID, 'profile-1', PROFILE_UNTIL_MS);
    const proofs = { exposures: { [book]: '', '00001:a': '' } };
    assert.equal(await ledger.refusal(call(lane.settle('b1', closed, { proofs }))), 'INVALID_ARGUMENT');
  });

  it('refuses a profile in any lane but the one that it serves', async () => {
    const { ledger, told } = await settling(kept({ laneId: 'USDUK-USALP-g1' }));
    assert.equal(await ledger.refusal(call(told)), 'OUTSIDE_AGREEMENT');
  });

  it('writes the books of its profiles, not a key for each of them', async () => {
    const ledger = await withGroundwork();
    const lane = new Lane();
    const many = Array.from({ length: 14 }, (_, index) => index + 1);
    const sessions = await Promise.all(
      many.map((number) => openSession(number, kept({ profileId: `profile-${number}` }))),
    );
    await ledger.submit(call(lane.open(sessions)));
    const { writes } = await ledger.submit(
      call(
        lane.settle(
          'b1',
          sessions.map((session) => closeSession(session)),
        ),
      ),
    );
    const written = Object.keys(writes.public).filter((key) => key.startsWith('exposures:'));
    const books = many.map((number) => exposurePlace(LANE_ID, `profile-${number}`, PROFILE_UNTIL_MS).book);
    const keys = new Set(books.map((name) => stateKey.exposures(LANE_ID, name)));
    assert.deepEqual(new Set(written), keys);
    assert.ok(keys.size < many.length);
  });

  it('refuses what was opened on the ledger when the revocation could be read, whatever start it states', async () => {
    const GRACE_MS = 60_000;
    for (const [revokedAtMs, expected] of [
      [NOW_MS - GRACE_MS - 1, 'REVOKED'],
      [NOW_MS - GRACE_MS, 'ok'],
      [NOW_MS, 'ok'],
    ] as const) {
      // The bodies say that the session opened thirty hours before, its opening was recorded now.
      const { ledger, told } = await settling(kept());
      await ledger.submit(revoked('profile-1', revokedAtMs));
      assert.equal(await ledger.refusal(call(told)), expected, String(NOW_MS - revokedAtMs));
    }
  });

  it('keeps a revocation beside what was spent, and what was spent beside a revocation', async () => {
    const { ledger, lane, sessions } = await withOpened([1, 2], kept({ maxSessions: 2 }));
    const [one, two] = sessions.map((session) => closeSession(session));
    assert.ok(one && two);
    await ledger.submit(call(lane.settle('b1', [one])));
    lane.settled([one]);
    await ledger.submit(revoked());
    await ledger.submit(call(lane.settle('b2', [two])));
    lane.settled([two]);
    const third = await openSession(3, kept({ maxSessions: 3 }));
    await ledger.submit(call({ ...lane.open([third]), nowMs: NOW_MS + 60_001 }));
    const told = { ...lane.settle('b3', [closeSession(third)]), nowMs: NOW_MS + 60_001 };
    assert.equal(await ledger.refusal(call(told)), 'REVOKED');
  });

  it('says nothing of the profile or the money in public', async () => {
    const { ledger, told } = await settling(kept());
    const { writes } = await ledger.submit(call(told));
    const shown = JSON.stringify(writes.public);
    for (const secret of ['9308999', 'micros', saltOf(`close ${LANE_ID}-1`)])
      assert.ok(!shown.includes(secret), secret);
  });
});
