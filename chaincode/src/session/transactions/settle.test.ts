import assert from 'node:assert/strict';
import { implicitCollection, packBodies, type BatchHeader, type JsonValue } from '@roamgrid/wire';
import { AGREEMENT_ID, by, call, EVSE_ID, MSP, NOW_MS, sealedTerms, termsOf } from '../../testing/parties.ts';
import { amend, but, settling, withClosed, withGroundwork, withOpened } from '../../testing/prepared.ts';
import { cdrOf, closeSession } from '../../testing/closed.ts';
import { LANE_ID, openSession, PAST } from '../../testing/opened.ts';

const BOTH = [MSP.USALP, MSP.USDUK];
const RANGE = `${LANE_ID}:0000000`;

describe('session.settle', () => {
  it('writes the batch, bits of the numbers, the meter book, and the bodies packed to both collections', async () => {
    const { ledger, lane, sessions } = await withOpened([1, 2]);
    const closed = sessions.map((session) => closeSession(session));
    const told = lane.settle('b1', closed);
    const { writes, answer, event, text } = await ledger.submit(call(told));
    const { header, sealed } = lane.header('b1', closed);

    assert.deepEqual(Object.keys(writes.public).sort(), [
      'batch:b1',
      `command:${MSP.USDUK}:b1`,
      `ends:${RANGE}`,
      'meterBook:USDUK:g0',
    ]);
    assert.deepEqual(writes.public['batch:b1'], {
      type: 'batch',
      version: 1,
      batchId: 'b1',
      laneId: LANE_ID,
      vun: 'USDUK',
      hun: 'USALP',
      agreementId: AGREEMENT_ID,
      fromSequence: 1,
      toSequence: 2,
      merkleRoot: header.merkleRoot,
      headerHash: sealed.hash,
      atMs: NOW_MS,
    });
    assert.deepEqual(writes.public[`ends:${RANGE}`], {
      type: 'ends',
      version: 1,
      laneId: LANE_ID,
      range: 0,
      closed: Buffer.from([0b11]).toString('base64'),
      gone: '',
    });
    assert.deepEqual(writes.endorsers, { 'batch:b1': BOTH, [`ends:${RANGE}`]: BOTH });
    const packed = (texts: readonly string[]) => JSON.parse(packBodies(texts)) as JsonValue;
    const ways = closed.map(({ open }) => JSON.stringify(lane.proofOf(open)));
    const expected = Object.fromEntries(
      BOTH.map(implicitCollection).flatMap((collection) => [
        [`${collection}/header:b1`, JSON.parse(sealed.text) as JsonValue],
        [`${collection}/batch:b1`, packed(closed.map((each) => each.text))],
        [`${collection}/openings:b1`, packed(ways)],
      ]),
    );
    assert.deepEqual(writes.private, expected);
    assert.deepEqual((answer as { wrote: JsonValue }).wrote, ['meterBook:USDUK:g0', 'batch:b1']);
    assert.deepEqual(event, { name: 'session.settle', payload: text });
  });

  it('computes the record: what is carried is what was measured and signed', async () => {
    const { closed } = await settling();
    const cdr = cdrOf(closed, 1);
    assert.deepEqual(
      [cdr.cdrId, cdr.laneSequence, cdr.energyWh, cdr.totalMicros],
      [`${LANE_ID}-1`, 1, 30_000n, 9_308_999n],
    );
    assert.ok(!/lines|totalMicros|shares/.test(closed.text));
  });

  it('puts nothing personal, no energy and no money in public', async () => {
    const { ledger, told, session } = await settling({ authorisedBy: 'cache' });
    const { writes, text } = await ledger.submit(call(told));
    const shown = `${JSON.stringify(writes.public)} ${text}`;
    for (const secret of [
      session.body.cinRef,
      session.body.evidence,
      EVSE_ID,
      'profile-1',
      'Wh',
      'Micros',
      'Ppm',
    ])
      assert.ok(!shown.includes(secret), secret);
  });

  it('told again gives the first receipt and writes nothing', async () => {
    const { ledger, told } = await settling();
    const once = call(told);
    const first = await ledger.submit(once);
    const again = await ledger.submit(once);
    assert.equal(again.text, first.text);
    assert.deepEqual(again.writes, { public: {}, endorsers: {}, private: {}, purged: [] });
  });

  it('is the same on every peer', async () => {
    const { ledger: left, told } = await settling({ authorisedBy: 'cache' });
    const right = await withGroundwork();
    right.state.clear();
    for (const [key, text] of left.state) right.state.set(key, text);
    const once = call(told);
    assert.deepEqual(await left.submit(once), await right.submit(once));
  });

  it('takes sessions of many openings in one batch, in any order of numbers that the meter allows', async () => {
    const { ledger, lane, sessions } = await withOpened([2]);
    const others = await Promise.all([1, 3].map((number) => openSession(number)));
    for (const session of others) await ledger.submit(call(lane.open([session])));
    const closed = [...sessions, ...others]
      .sort((a, b) => a.number - b.number)
      .map((session) => closeSession(session));
    await ledger.submit(call(lane.settle('b1', closed)));
    const ends = JSON.parse(ledger.state.get(`ends:${RANGE}`) ?? '') as { closed: string };
    assert.equal(ends.closed, Buffer.from([0b111]).toString('base64'));
  });

  it('ends numbers of two ranges in one batch', async () => {
    const pace = { baseMs: PAST.baseMs - 2_047 * 2 * 3_600, hourMs: 3_600 };
    const { ledger, lane, sessions } = await withOpened([2_048, 2_049], {
      pace,
      authorisation: { issuedAtMs: NOW_MS - 31 * 3_600_000 },
    });
    const closed = sessions.map((session) => closeSession(session));
    const { writes } = await ledger.submit(call(lane.settle('b1', closed)));
    const ends = Object.keys(writes.public).filter((key) => key.startsWith('ends:'));
    assert.deepEqual(ends, [`ends:${RANGE}`, `ends:${LANE_ID}:0000001`]);
  });

  describe('refuses', () => {
    it('a session that is settled already, one that was not opened, and one that stands twice', async () => {
      const { ledger, lane, closed } = await withClosed();
      const [first] = closed;
      assert.ok(first);
      const again = { proofs: { meterBook: [], meters: {} } };
      // The meter would refuse it as well: on a ledger where it has not counted, the number alone does.
      ledger.state.delete('meterBook:USDUK:g0');
      assert.equal(await ledger.refusal(call(lane.settle('b2', [first], again))), 'WRONG_STATE');
      const { ledger: open, told, lane: other } = await settling();
      const twice = other.settle('b1', [first, first]);
      assert.equal(await open.refusal(call(twice)), 'CONFLICT');
      open.state.delete(`opening:${LANE_ID}:0000000001`);
      assert.equal(await open.refusal(call(told)), 'NOT_FOUND');
    });

    it('a batch id that is taken', async () => {
      const { ledger, lane } = await withClosed();
      const three = await openSession(3);
      await ledger.submit(call(lane.open([three])));
      const told = lane.settle('b1', [closeSession(three)]);
      const other = { ...call(told), caller: by('USDUK', 'station') };
      assert.equal(await ledger.refusal(other), 'CONFLICT');
      ledger.state.delete(`command:${MSP.USDUK}:b1`);
      assert.equal(await ledger.refusal(other), 'CONFLICT');
    });

    const headers: readonly (readonly [code: string, what: string, header: Partial<BatchHeader>])[] = [
      ['NOT_BALANCED', 'energy that is not the sum', { energyWh: 30_001n }],
      ['NOT_BALANCED', 'a total that is not the sum', { totalMicros: 9_308_998n }],
      [
        'NOT_BALANCED',
        'shares that are not the sums',
        { shares: { hun: 0n, vun: 9_308_999n, infrastructure: 0n, driver: 0n } },
      ],
      ['NOT_BALANCED', 'another currency', { currency: 'EUR' }],
      ['NOT_BALANCED', 'another last end', { lastEndMs: NOW_MS }],
      ['SEQUENCE_GAP', 'numbers beyond its items', { toSequence: 2 }],
      ['HASH_MISMATCH', 'another root', { merkleRoot: 'f'.repeat(64) }],
      ['INVALID_ARGUMENT', 'another home utility', { hun: 'USGPC' }],
      ['INVALID_ARGUMENT', 'another visited utility', { vun: 'USGPC' }],
      ['INVALID_ARGUMENT', 'another lane', { laneId: 'USDUK-USALP-g1' }],
      ['INVALID_ARGUMENT', 'another agreement', { agreementId: 'other' }],
      ['INVALID_ARGUMENT', 'another batch', { batchId: 'b2' }],
    ];
    for (const [code, what, header] of headers) {
      it(`a header with ${what}: ${code}`, async () => {
        const { ledger, told } = await settling({}, {}, { header });
        assert.equal(await ledger.refusal(call(told)), code);
      });
    }

    const calls: readonly (readonly [code: string, what: string, change: Parameters<typeof but>[1]])[] = [
      ['FORBIDDEN', 'the home utility', { caller: by('USALP', 'aaa') }],
      ['FORBIDDEN', 'a third utility', { caller: by('USGPC', 'aaa') }],
      ['FORBIDDEN', 'an operator', { caller: by('USDUK', 'operator') }],
      ['FORBIDDEN', 'a certificate without role', { caller: by('USDUK', undefined) }],
      ['INVALID_ARGUMENT', 'a lane of another pair', { command: { laneId: 'USDUK-USGPC-g0' } }],
      ['OUTSIDE_AGREEMENT', 'a pair that is not of the agreement', { command: { hun: 'USGPC' } }],
      ['OUTSIDE_AGREEMENT', 'a utility visiting itself', { command: { hun: 'USDUK' } }],
      ['NOT_FOUND', 'an unknown agreement', { command: { agreementId: 'nope' } }],
      ['HASH_MISMATCH', 'another header', { command: { headerHash: 'a'.repeat(64) } }],
      ['HASH_MISMATCH', 'another root', { command: { merkleRoot: 'a'.repeat(64) } }],
      ['SEQUENCE_GAP', 'another first number', { command: { fromSequence: 2 } }],
      ['INVALID_ARGUMENT', 'another count', { command: { count: 2 } }],
      [
        'HASH_MISMATCH',
        'terms that were not signed',
        { transient: { terms: sealedTerms(termsOf({ noticeMs: 1 })).text } },
      ],
      ['INVALID_ARGUMENT', 'sessions that are not packed', { transient: { sessions: '[]' } }],
      ['INVALID_ARGUMENT', 'no ways to openings', { transient: { openings: packBodies([]) } }],
      ['INVALID_ARGUMENT', 'a way that is none', { transient: { openings: packBodies(['{"slot":1}']) } }],
      ['INVALID_ARGUMENT', 'no proofs', { transient: { proofs: '{}' } }],
      ['TOO_LARGE', 'more bytes than a command has', { transient: { more: ' '.repeat(3_000_000) } }],
    ];
    for (const [code, what, change] of calls) {
      it(`${what}: ${code}`, async () => {
        const { ledger, told } = await settling();
        assert.equal(await ledger.refusal(but(told, change)), code);
      });
    }

    it('a way to another place or size than the number has in its opening', async () => {
      const { ledger, lane, sessions } = await withOpened([1, 2]);
      const [one, two] = sessions;
      assert.ok(one && two);
      const told = lane.settle('b1', [closeSession(one)]);
      const way = lane.proofOf(one);
      for (const [code, change] of [
        ['INVALID_ARGUMENT', { index: 1 }],
        ['INVALID_ARGUMENT', { size: 3 }],
        ['INVALID_ARGUMENT', lane.proofOf(two)],
        ['HASH_MISMATCH', { path: ['a'.repeat(64)] }],
        ['NOT_FOUND', { slot: 2 }],
      ] as const) {
        const openings = packBodies([JSON.stringify({ ...way, ...change })]);
        assert.equal(
          await ledger.refusal(but(told, { transient: { openings } })),
          code,
          JSON.stringify(change),
        );
      }
    });

    it('an opening that was made under another agreement of the pair', async () => {
      const { ledger, told } = await settling();
      amend(ledger, `opening:${LANE_ID}:0000000001`, { agreementId: 'other' });
      assert.equal(await ledger.refusal(call(told)), 'OUTSIDE_AGREEMENT');
    });

    it('a session’s text in another than its one form', async () => {
      const { ledger, lane, closed } = await settling();
      for (const [what, text] of [
        ['a doubled key', closed.text.replace('{"close":', '{"close":{},"close":')],
        ['a space', closed.text.replace('{"close":', '{ "close":')],
        ['an unknown field', closed.text.replace('"endReason"', '"more":1,"endReason"')],
        ['a negative register', closed.text.replace(/"registerMilliWh":"/, '"registerMilliWh":"-')],
        ['no JSON', closed.text.slice(1)],
      ] as const) {
        const told = lane.settle('b1', [{ ...closed, text, hash: closed.hash }]);
        const code = await ledger.refusal(call(told));
        assert.ok(['INVALID_ARGUMENT', 'HASH_MISMATCH'].includes(code), `${what}: ${code}`);
      }
    });
  });

  it('settles a hundred sessions at once', async () => {
    const numbers = Array.from({ length: 100 }, (_, index) => index + 1);
    const pace = { baseMs: PAST.baseMs, hourMs: 360_000 };
    const { ledger, lane, sessions } = await withOpened(numbers, { pace });
    const closed = sessions.map((session) => closeSession(session));
    assert.equal(await ledger.refusal(call(lane.settle('b1', closed))), 'ok');
  });
});
