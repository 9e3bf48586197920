import assert from 'node:assert/strict';
import {
  AGREEMENT_ID,
  by,
  cdrOf,
  closeSession,
  Lane,
  MSP,
  sealedTerms,
  type OpenedSession,
} from '@roamgrid/chaincode/testing';
import {
  bodyHash,
  canonicalText,
  NumberBits,
  openingProof,
  packBodies,
  sessionNote,
  type SessionRecord,
} from '@roamgrid/wire';
import { listSoc } from '../auditor-api/reading-lists.ts';
import { listLanes, listSessions } from '../auditor-api/session-lists.ts';
import type { Ledger, LedgerBlock } from '../ledger/ledger.ts';
import { sessionAt, toldLedger, type ReadSide, type ToldLedger } from '../testing/told-ledger.ts';

const LANE = 'USDUK-USALP-r0';
const PAIR = { vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID };
const DAY_MS = 86_400_000;
const ofLane = (laneId: string, verb: string, command: Record<string, string | number>) => ({
  caller: by('USDUK', 'aaa'),
  verb,
  command: { ...PAIR, laneId, ...command },
});

/** A ledger whose stream of blocks has one block changed. */
const changedBlock = (real: Ledger, change: (block: LedgerBlock) => LedgerBlock, at: bigint): Ledger => ({
  submit: (command) => real.submit(command),
  evaluate: (query) => real.evaluate(query),
  height: () => real.height(),
  block: (number) => real.block(number),
  close: () => {
    real.close();
  },
  async *blocks(from, signal) {
    for await (const block of real.blocks(from, signal)) yield block.number === at ? change(block) : block;
  },
});

describe('sessions in the read model', function () {
  this.timeout(120_000);
  let told: ToldLedger;
  let duke: ReadSide;
  let alabama: ReadSide;
  let third: ReadSide;
  const lane = new Lane(LANE);
  let sessions: OpenedSession[];
  let settledBlock: bigint;
  let lastBlock: bigint;

  before(async () => {
    told = await toldLedger();
    [duke, alabama, third] = await Promise.all([
      told.read(MSP.USDUK, 'sessions_duke'),
      told.read(MSP.USALP, 'sessions_alabama'),
      told.read(MSP.USGPC, 'sessions_georgia'),
    ]);
    const at = (number: number) =>
      sessionAt(told, number, { lane: LANE, authorisedBy: number === 2 ? 'cache' : 'home' });
    // Number 4 led to nothing at its swipe; 7 is so old that its time is over.
    const old = { lane: LANE, openedAtMs: Date.now() - 40 * DAY_MS, quote: { plannedMs: 0 } };
    sessions = [...(await Promise.all([1, 2, 3, 5, 6].map(at))), await sessionAt(told, 7, old)];
    const [one, two, three, five, six, seven] = sessions as [
      OpenedSession,
      OpenedSession,
      OpenedSession,
      OpenedSession,
      OpenedSession,
      OpenedSession,
    ];
    await told.tell(lane.open([one, two, three]));
    await told.tell(lane.open([five, six, seven]));
    const closed = [one, two].map((each) => closeSession(each));
    ({ blockNumber: settledBlock } = await told.tell(lane.settle('read-1', closed)));
    lane.settled(closed);
    await told.tell(ofLane(LANE, 'session.void', { number: 3, reason: 'not-started' }));
    await told.tell(lane.claim([closeSession(five)]));
    const note = canonicalText(sessionNote, {
      sessionId: six.body.sessionId,
      sequence: 1,
      atMs: told.readyMs,
      registerMilliWh: 1_234_567n,
      socPpm: 420_000,
      salt: 'ab'.repeat(32),
    });
    const notes = packBodies([note]);
    const noted = new NumberBits(6);
    noted.add(6);
    await told.tell({
      caller: by('USDUK', 'station'),
      verb: 'session.record',
      command: {
        ...PAIR,
        laneId: LANE,
        openings: [{ slot: 2, first: 6, bits: noted.text }],
        notesHash: bodyHash(notes),
        count: 1,
      },
      transient: { notes },
    });
    const expired = await told.tell({
      ...ofLane(LANE, 'session.expire', { number: 7 }),
      transient: {
        open: seven.text,
        proof: canonicalText(openingProof, lane.proofOf(seven)),
        terms: sealedTerms().text,
      },
    });
    lastBlock = expired.blockNumber;
    for (const side of [duke, alabama, third]) await side.readUpTo(lastBlock);
  });

  const recordsOf = async ({ store }: ReadSide): Promise<readonly SessionRecord[]> => {
    const { items } = await listSessions(store.db, { limit: 500 });
    return items.map(({ record }) => record).filter(({ laneId }) => laneId === LANE);
  };

  it('are every number of every lane with its state and block, the same for a party and for a third', async () => {
    const [ofParty, ofThird] = [await recordsOf(duke), await recordsOf(third)];
    assert.deepEqual(ofParty, ofThird);
    assert.deepEqual(
      ofThird.map(({ number, state, slot, batchId }) => [number, state, slot, batchId]),
      [
        [1, 'closed', 1, 'read-1'],
        [2, 'closed', 1, 'read-1'],
        [3, 'voided', 1, undefined],
        [5, 'opened', 2, undefined],
        [6, 'opened', 2, undefined],
        [7, 'expired', 2, undefined],
      ],
    );
    const ends = ofThird.map(({ endedBlock }) => endedBlock);
    assert.deepEqual(ends.slice(0, 2), [`${settledBlock}`, `${settledBlock}`]);
    assert.equal(ends[5], `${lastBlock}`);
    const { items } = await listLanes(third.store.db, { limit: 10, utilityId: 'USALP' });
    assert.deepEqual(
      items.find(({ laneId }) => laneId === LANE),
      {
        laneId: LANE,
        vun: 'USDUK',
        hun: 'USALP',
        opened: 6,
        open: 2,
        closed: 2,
        voided: 1,
        expired: 1,
        lastNumber: 7,
      },
    );
  });

  it('have at both parties, and at no one else, the record that the contract computed and nobody carried', async () => {
    for (const side of [duke, alabama]) {
      const { items } = await listSessions(side.store.db, { limit: 500, stationId: 'duk-r0' });
      const cdrs = items.flatMap(({ record, cdr }) => (record.laneId === LANE && cdr ? [cdr] : []));
      const wanted = sessions.slice(0, 2).map((session, index) => cdrOf(closeSession(session), index + 1));
      assert.deepEqual(cdrs, wanted);
    }
    const { items } = await listSessions(third.store.db, { limit: 500 });
    assert.ok(items.every(({ cdr, stationId }) => cdr === undefined && stationId === undefined));
    assert.deepEqual((await listSessions(third.store.db, { limit: 500, stationId: 'duk-r0' })).items, []);
  });

  it('carry their claims, and their notes where the notes are known', async () => {
    const { items } = await listSessions(third.store.db, { limit: 500 });
    const claimed = items.filter(({ record, claimed: is }) => record.laneId === LANE && is);
    assert.deepEqual(
      claimed.map(({ record }) => record.number),
      [5],
    );
    const sessionId = `${LANE}-6`;
    const socOf = async ({ store }: ReadSide) => (await listSoc(store.db, { sessionId, limit: 10 })).items;
    const charge = { sessionId, atMs: told.readyMs, socPpm: 420_000 };
    assert.deepEqual(await socOf(alabama), [charge]);
    assert.deepEqual(await socOf(third), []);
  });

  it('are listed page by page in the order in which they opened, each once', async () => {
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await listSessions(duke.store.db, { limit: 2, ...(after !== undefined && { after }) });
      seen.push(...page.items.map(({ record }) => record.sessionId));
      after = page.cursor;
    } while (after !== undefined);
    const all = await listSessions(duke.store.db, { limit: 500 });
    assert.deepEqual(
      seen,
      all.items.map(({ record }) => record.sessionId),
    );
  });

  /** The same chain as a peer would tell it that changed one block. */
  const readChanged = async (database: string, change: (block: LedgerBlock) => LedgerBlock, at: bigint) => {
    const side = await told.read(MSP.USDUK, database, (ledger) => changedBlock(ledger, change, at));
    await side.readUpTo(lastBlock);
    return side;
  };

  it('lose their bodies and records when those are purged, and keep their states', async () => {
    const side = await readChanged(
      'sessions_purged',
      (block) => ({
        ...block,
        transactions: block.transactions.map((transaction) => ({
          ...transaction,
          privateWrites: [
            { key: 'answer:read-1', value: '{}' },
            ...['batch', 'openings', 'header', 'dispute'].map((kind) => ({
              key: `${kind}:read-1`,
              value: undefined,
            })),
          ],
        })),
      }),
      lastBlock,
    );
    assert.deepEqual(await recordsOf(side), await recordsOf(third));
    for (const table of ['settled_session', 'cdr', 'batch_header'] as const) {
      const rows = await side.store.db
        .selectFrom(table)
        .selectAll()
        .where('batch_id', '=', 'read-1')
        .execute();
      assert.deepEqual(rows, [], table);
    }
    assert.deepEqual(await side.store.db.selectFrom('dispute_body').selectAll().execute(), []);
  });

  it('are rated by what stood before their batch, whatever comes later in its block', async () => {
    const agreement = await duke.store.db
      .selectFrom('agreement')
      .select('record')
      .where('agreement_id', '=', AGREEMENT_ID)
      .executeTakeFirstOrThrow();
    const value = JSON.stringify({ ...(agreement.record as object), termsHash: '00'.repeat(32) });
    const later = { key: `agreement:${AGREEMENT_ID}`, value };
    const written = (first: boolean) => (block: LedgerBlock) => {
      const [settle] = block.transactions;
      assert.ok(settle);
      const other = { ...settle, writes: [later], privateWrites: [] };
      const order = first ? [other, settle] : [settle, other];
      return { ...block, transactions: order.map((transaction, index) => ({ ...transaction, index })) };
    };
    const side = await readChanged('sessions_later', written(false), settledBlock);
    const { items } = await listSessions(side.store.db, { limit: 500, state: 'closed' });
    assert.ok(items.some(({ record, cdr }) => record.laneId === LANE && cdr !== undefined));
    await assert.rejects(
      readChanged('sessions_sooner', written(true), settledBlock),
      /terms of .* are not here/,
    );
  });

  it('are read no further when an end is taken back, or is of a number that was never opened', async () => {
    const changing = (find: RegExp, put: (value: string) => string | undefined) => (block: LedgerBlock) => ({
      ...block,
      transactions: block.transactions.map((transaction) => ({
        ...transaction,
        writes: transaction.writes.flatMap((write) => {
          const value = find.test(write.key) ? put(write.value ?? '') : write.value;
          return value === undefined ? [] : [{ ...write, value }];
        }),
      })),
    });
    const takenBack = changing(/^ends:/, (value) => value.replace(/"closed":"[^"]*"/, '"closed":""'));
    await assert.rejects(
      readChanged('sessions_taken', takenBack, lastBlock),
      /number 1 was closed and is open: an end is for ever/,
    );
    const unopened = changing(/^opening:/, () => undefined);
    await assert.rejects(
      readChanged('sessions_unopened', unopened, settledBlock - 2n),
      /ended and was never opened/,
    );
    const unbatched = changing(/^batch:/, () => undefined);
    await assert.rejects(readChanged('sessions_unbatched', unbatched, settledBlock), /without their batch/);
  });
});
