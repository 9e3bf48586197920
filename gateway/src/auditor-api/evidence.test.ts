import assert from 'node:assert/strict';
import { cdrOf, closeSession, Lane, MSP, type ClosedSession } from '@roamgrid/chaincode/testing';
import { bodyHash, isIncluded, settledText, type InclusionPath, type SessionEvidence } from '@roamgrid/wire';
import { judgeForHome } from '../internal-api/judge.ts';
import { sessionAt, toldLedger, type ReadSide, type ToldLedger } from '../testing/told-ledger.ts';
import { evidenceOf } from './evidence.ts';
import { readGaps } from './gaps.ts';
import { listSessions } from './session-lists.ts';

const LANE = 'USDUK-USALP-e0';
const leadsTo = (text: string, path: InclusionPath, root: string): boolean =>
  isIncluded(bodyHash(text), path, root);

describe('what an auditor is shown of a session', function () {
  this.timeout(120_000);
  let told: ToldLedger;
  let home: ReadSide;
  let duke: ReadSide;
  let third: ReadSide;
  let closed: ClosedSession[];

  before(async () => {
    told = await toldLedger();
    [home, duke, third] = await Promise.all([
      told.read(MSP.USALP, 'evidence_alabama'),
      told.read(MSP.USDUK, 'evidence_duke'),
      told.read(MSP.USGPC, 'evidence_georgia'),
    ]);
    await home.readUpTo(told.readyBlock);
    const { registry, store } = home;
    const context = { utilityId: 'USALP', channel: 'roamgrid', db: store.db, registry, nowMs: Date.now };
    const at = (number: number, over: Parameters<typeof sessionAt>[2] = {}) =>
      sessionAt(told, number, { lane: LANE, ...over });
    const [one, two, three, four, five, six, seven] = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7].map((each) => at(each)),
    );
    assert.ok(one && two && three && four && five && six && seven);
    const told5 = await at(5, { body: { salt: 'ef'.repeat(32) } });
    for (const { text } of [one, two, three, told5])
      assert.equal((await judgeForHome(context, text)).outcome, 'good');
    const lane = new Lane(LANE);
    for (const sessions of [[one, two], [three, four], [five], [six, seven]])
      await told.tell(lane.open(sessions));
    closed = [six, seven].map((each) => closeSession(each));
    const { blockNumber } = await told.tell(lane.settle('evidence-1', closed, { fromSequence: 3 }));
    for (const side of [home, duke, third]) await side.readUpTo(blockNumber);
  });

  const at = ({ store }: ReadSide, number: number): Promise<SessionEvidence> =>
    evidenceOf(store.db, `${LANE}-${number}`);

  it('leads from the bodies of a settled session to both roots, and holds the record that follows from them', async () => {
    for (const side of [home, duke]) {
      for (const [index, session] of closed.entries()) {
        const shown = await at(side, session.open.number);
        const {
          opening,
          openingProof,
          openBody = '',
          settledBody = '',
          batch,
          proof,
          batchHeader = '',
        } = shown;
        assert.equal(openBody, session.open.text);
        assert.equal(settledBody, session.text);
        assert.ok(settledBody.endsWith(settledText('', openBody).slice('{"close":'.length)));
        assert.ok(openingProof.state === 'present' && proof && batch);
        assert.equal(openingProof.proof.slot, opening.slot);
        assert.equal(leadsTo(openBody, openingProof.proof, opening.root), true);
        assert.equal(leadsTo(settledBody, proof, batch.merkleRoot), true);
        assert.equal(leadsTo(openBody, proof, batch.merkleRoot), false);
        assert.equal(bodyHash(batchHeader), batch.headerHash);
        assert.deepEqual(shown.cdr, cdrOf(session, 3 + index));
        assert.equal(shown.transactions.length, 2);
      }
    }
  });

  it('leads from a running session to its opening where the bodies of all of that opening’s sessions are known', async () => {
    for (const number of [1, 2]) {
      const { opening, openingProof, openBody = '' } = await at(home, number);
      assert.ok(openingProof.state === 'present');
      assert.equal(leadsTo(openBody, openingProof.proof, opening.root), true);
    }
  });

  it('says why there is no way to the opening: a body is missing, bodies differ, or there is none here', async () => {
    const missing = await at(home, 3);
    assert.deepEqual(missing.openingProof, { state: 'absent', reason: 'bodies-missing' });
    assert.notEqual(missing.openBody, undefined);
    assert.deepEqual((await at(home, 5)).openingProof, { state: 'absent', reason: 'root-differs' });
    for (const number of [1, 5, 6]) {
      const shown = await at(third, number);
      assert.deepEqual(shown.openingProof, { state: 'absent', reason: 'not-a-party' });
      const { openBody, settledBody, batchHeader, proof, cdr } = shown;
      assert.deepEqual([openBody, settledBody, batchHeader, proof, cdr], Array(5).fill(undefined));
    }
    assert.deepEqual((await at(third, 6)).record, (await at(home, 6)).record);
  });

  it('stands in the lists of its lane at every gateway, and of its batch where its bodies are', async () => {
    const listed = async ({ store }: ReadSide, filter: Parameters<typeof listSessions>[1]) =>
      (await listSessions(store.db, filter)).items.map(({ record }) => record.number);
    for (const side of [home, duke, third]) {
      assert.deepEqual(await listed(side, { limit: 100, laneId: LANE }), [1, 2, 3, 4, 5, 6, 7]);
      assert.deepEqual(await listed(side, { limit: 100, laneId: LANE, state: 'closed' }), [6, 7]);
    }
    const batch = { limit: 100, batchId: 'evidence-1' };
    for (const side of [home, duke]) {
      assert.deepEqual(await listed(side, batch), [6, 7]);
      const { items } = await listSessions(side.store.db, batch);
      assert.deepEqual(
        items.map(({ cdr }) => cdr),
        closed.map((session, index) => cdrOf(session, 3 + index)),
      );
    }
    assert.deepEqual(await listed(third, batch), []);
  });

  it('is refused for a number that no lane opened', async () => {
    await assert.rejects(at(home, 99), /the ledger has no session/);
  });

  it('shows which CDR numbers are missing, and which sessions are open how long by the chain’s own time', async () => {
    for (const side of [home, third]) {
      const report = await readGaps(side.store.db, side.registry, { openForMs: 0 });
      assert.deepEqual(
        report.gaps.filter(({ laneId }) => laneId === LANE),
        [{ laneId: LANE, fromSequence: 1, toSequence: 2 }],
      );
      const open = report.open.filter(({ sessionId }) => sessionId.startsWith(LANE));
      assert.deepEqual(
        open.map(({ sessionId }) => sessionId),
        [1, 2, 3, 4, 5].map((number) => `${LANE}-${number}`),
      );
      for (const { openedAtMs, ageMs, claimed } of open) {
        assert.equal(openedAtMs + ageMs, report.atMs);
        assert.equal(claimed, false);
      }
      // The home utility has judged all but number 4, so it knows when their time is over.
      const known = open.map(({ dueAtMs }) => dueAtMs !== undefined);
      assert.deepEqual(known, side === home ? [true, true, true, false, true] : Array(5).fill(false));
      const none = await readGaps(side.store.db, side.registry, { openForMs: 86_400_000 });
      assert.deepEqual([none.open, none.openCount], [[], 0]);
    }
  });
});
