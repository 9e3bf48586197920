import assert from 'node:assert/strict';
import { canonicalText, meterEntry, meterKeyId, type SettleProofs } from '@roamgrid/wire';
import { Lane } from '../../testing/lane.ts';
import type { MemoryLedger } from '../../testing/memory-ledger.ts';
import { by, call, KEYS, makeKey, saltOf, SET_UP_MS, station } from '../../testing/parties.ts';
import { but, settling, withClosed, withGroundwork } from '../../testing/prepared.ts';
import { closeSession, readingsOf, type ClosedSession } from '../../testing/closed.ts';
import { openedMsOf, openSession, SITE, type OpenOptions, type Site } from '../../testing/opened.ts';

/** What was billed of a meter and an outlet before, in the group's book. */

const MINUTE_MS = 60_000;
const BOOK = 'meterBook:USDUK:g0';

/** A further session of the lane, opened at its time or another. */
const opened = async (ledger: MemoryLedger, lane: Lane, number: number, options: OpenOptions = {}) => {
  const session = await openSession(number, options);
  await ledger.submit(call(lane.open([session])));
  return session;
};

const registered = (over: Record<string, unknown>) => ({
  caller: by('USDUK', 'operator'),
  verb: 'consortium.registerStation',
  command: { station: { ...station(), ...over } as never },
  nowMs: SET_UP_MS,
});

const settled = async (ledger: MemoryLedger, lane: Lane, closed: ClosedSession, batchId: string) => {
  await ledger.submit(call(lane.settle(batchId, [closed])));
  lane.settled([closed]);
};

/** Readings that begin so much later and at so much more than those of the number would. */
const shifted = (number: number, byMs: number, byMilliWh: bigint) =>
  readingsOf(number).map((reading) => ({
    ...reading,
    atMs: reading.atMs + byMs,
    registerMilliWh: reading.registerMilliWh + byMilliWh,
  }));

describe('session.settle keeps a book of meters and', () => {
  it('takes a session that begins exactly where and when the last one ended', async () => {
    const { ledger, lane, closed } = await withClosed();
    const last = closed[1]?.body.readings.at(-1);
    assert.ok(last);
    const byMs = last.atMs - openedMsOf(3);
    const session = await opened(ledger, lane, 3, { openedAtMs: openedMsOf(3) + byMs });
    const readings = shifted(3, byMs, last.registerMilliWh - 3_000_000_000n);
    assert.equal(await ledger.refusal(call(lane.settle('b2', [closeSession(session, { readings })]))), 'ok');
  });

  it('refuses a register below the one billed last, and a time before the last end: OVERLAP', async () => {
    const { ledger, lane } = await withClosed();
    const session = await opened(ledger, lane, 3, { openedAtMs: openedMsOf(3) - 20 * MINUTE_MS });
    const lower = closeSession(session, { readings: shifted(3, 0, -970_000_001n) });
    assert.equal(await ledger.refusal(call(lane.settle('b2', [lower]))), 'OVERLAP');
    const equal = closeSession(session, { readings: shifted(3, 0, -970_000_000n) });
    assert.equal(await ledger.refusal(call(lane.settle('b2', [equal]))), 'ok');
    const earlier = closeSession(session, { readings: shifted(3, -10 * MINUTE_MS - 1, 0n) });
    assert.equal(await ledger.refusal(call(lane.settle('b2', [earlier]))), 'OVERLAP');
  });

  it('refuses the same within one batch', async () => {
    const { ledger, lane, session, closed } = await settling();
    assert.ok(session);
    const second = await opened(ledger, lane, 2);
    const over = closeSession(second, { readings: shifted(2, 0, -970_000_001n) });
    assert.equal(await ledger.refusal(call(lane.settle('b1', [closed, over]))), 'OVERLAP');
    const wrongWay = lane.settle('b1', [closeSession(second), closed]);
    assert.equal(await ledger.refusal(call(wrongWay)), 'OVERLAP');
  });

  it('compares with the sessions of every home utility’s customers: the book is the group’s', async () => {
    const { ledger, told } = await settling();
    await ledger.submit(call(told));
    // A lane that knows nothing of the other one's sessions cannot even name the book.
    const other = new Lane();
    const session = await openSession(2);
    await ledger.submit(but(other.open([session]), { command: { slot: 2 } }));
    assert.equal(await ledger.refusal(call(other.settle('b2', [closeSession(session)]))), 'HASH_MISMATCH');
  });

  it('refuses a book or an entry that the ledger does not hold', async () => {
    const { ledger, lane } = await withClosed();
    const session = await opened(ledger, lane, 3);
    const closed = closeSession(session);
    const id = meterKeyId(KEYS.meter.jwk);
    const entry = { endMs: 0, registerMilliWh: 0n, salt: saltOf('other') };
    const proofs: readonly (readonly [string, Partial<SettleProofs>])[] = [
      ['an empty book', { meterBook: [] }],
      ['another book', { meterBook: [[id, saltOf('x')]] }],
      ['no entry', { meters: {} }],
      ['another entry', { meters: { [id]: entry } }],
    ];
    for (const [what, change] of proofs)
      assert.equal(
        await ledger.refusal(call(lane.settle('b2', [closed], { proofs: change }))),
        'HASH_MISMATCH',
        what,
      );
    const fresh = await settling({}, {}, { proofs: { meterBook: [[id, saltOf('x')]] } });
    assert.equal(await fresh.ledger.refusal(call(fresh.told)), 'HASH_MISMATCH');
  });

  it('compares times with what every meter of the outlet billed, whichever was there', async () => {
    const ledger = await withGroundwork();
    const lane = new Lane();
    const first = await opened(ledger, lane, 1);
    const next: Site = { ...SITE, meterId: 'DUK-M-0002', meter: makeKey('duk-meter-2') };
    const evses = [
      { evseId: SITE.evseId, meterId: next.meterId, meterKey: { ...next.meter.jwk }, maxPowerW: '150000' },
    ];
    // The outlet's meter was changed while the session of the first one ran.
    await ledger.submit(call({ ...registered({ evses }), nowMs: openedMsOf(1) + 10 * MINUTE_MS }));
    const second = await opened(ledger, lane, 2, { site: next, openedAtMs: openedMsOf(1) + 20 * MINUTE_MS });
    const early = closeSession(second, {
      readings: shifted(2, openedMsOf(1) - openedMsOf(2) + 20 * MINUTE_MS, 0n),
    });
    assert.equal(await ledger.refusal(call(lane.settle('b1', [closeSession(first), early]))), 'OVERLAP');
    assert.equal(await ledger.refusal(call(lane.settle('b1', [early, closeSession(first)]))), 'OVERLAP');
    await settled(ledger, lane, closeSession(first), 'b1');
    assert.equal(await ledger.refusal(call(lane.settle('b2', [early]))), 'OVERLAP');
    const late = await opened(ledger, lane, 3, { site: next });
    // A new meter begins where it likes: its register is its own.
    const readings = shifted(3, 0, -2_999_000_000n);
    assert.equal(await ledger.refusal(call(lane.settle('b2', [closeSession(late, { readings })]))), 'ok');
  });

  it('refuses a session of a station in a lane of another group, and a meter’s key in a second group', async () => {
    const ledger = await withGroundwork();
    const lane = new Lane('USDUK-USALP-g1');
    const session = await openSession(1, { lane: 'USDUK-USALP-g1' });
    await ledger.submit(call(lane.open([session])));
    assert.equal(await ledger.refusal(call(lane.settle('b1', [closeSession(session)]))), 'INVALID_ARGUMENT');
    const second = {
      stationId: 'duk-2',
      group: 'g1',
      evses: [{ ...(station()['evses'] as object[])[0], evseId: 'US*DUK*E0002*1' }],
    };
    assert.equal(await ledger.refusal(call(registered(second))), 'CONFLICT');
    assert.equal(await ledger.refusal(call(registered({ ...second, group: 'g0' }))), 'ok');
  });

  it('keeps the book as a hash that a salt hides, and refuses one meter too many', async () => {
    const { ledger, told, closed } = await settling();
    await ledger.submit(call(told));
    const last = closed.body.readings.at(-1);
    assert.ok(last);
    const entry = canonicalText(meterEntry, {
      endMs: last.atMs,
      registerMilliWh: last.registerMilliWh,
      salt: closed.body.salt,
    });
    assert.deepEqual(Object.keys(JSON.parse(ledger.state.get(BOOK) ?? '') as object), [
      'bookHash',
      'type',
      'version',
    ]);
    assert.ok(!(ledger.state.get(BOOK) ?? '').includes(entry));
  });
});
