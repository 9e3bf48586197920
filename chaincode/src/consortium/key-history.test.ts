import assert from 'node:assert/strict';
import { KEY_HISTORY, type PublicJwk } from '@roamgrid/wire';
import { LedgerError } from '../context/index.ts';
import { makeKey } from '../testing/parties.ts';
import { mergeKeys, mergeOutlets } from './key-history.ts';

const KEYS = Array.from({ length: KEY_HISTORY.keys + 1 }, (_, index) => makeKey(`key-${index}`).jwk);
const [a, b] = KEYS as [PublicJwk, PublicJwk];
const merge = (
  ...[before, stated, nowMs]: [Parameters<typeof mergeKeys<PublicJwk>>[0], PublicJwk[], number]
) => mergeKeys<PublicJwk>(before, stated, nowMs, 'keys');
const codeOf = (run: () => unknown): string => {
  try {
    run();
    return 'ok';
  } catch (error) {
    assert.ok(error instanceof LedgerError);
    return error.code;
  }
};

describe('the history of keys', () => {
  it('dates the first keys by their registration', () => {
    assert.deepEqual(merge([], [a, b], 10), [
      { ...a, fromMs: 10 },
      { ...b, fromMs: 10 },
    ]);
  });

  it('keeps what is still stated, ends what is left out, and begins what is new', () => {
    const merged = merge(merge([], [a], 10), [b], 20);
    assert.deepEqual(merged, [
      { ...a, fromMs: 10, untilMs: 20 },
      { ...b, fromMs: 20 },
    ]);
    assert.deepEqual(merge(merged, [b], 30), merged);
  });

  it('gives a key that comes back a time of its own', () => {
    const gone = merge(merge([], [a], 10), [b], 20);
    assert.deepEqual(merge(gone, [a, b], 30), [...gone, { ...a, fromMs: 30 }]);
  });

  it('never ends a key before it began, whatever the clock of the transaction', () => {
    assert.deepEqual(merge(merge([], [a], 10), [b], 5)[0], { ...a, fromMs: 10, untilMs: 10 });
  });

  it('refuses a kid that has named another key, also an ended one', () => {
    const other = { ...b, kid: a.kid };
    const present = merge([], [a], 10);
    assert.equal(
      codeOf(() => merge(present, [other], 20)),
      'CONFLICT',
    );
    assert.equal(
      codeOf(() => merge(merge(present, [b], 20), [other], 30)),
      'CONFLICT',
    );
  });

  it('keeps a bounded number, and drops a key 400 days after it ended and not before', () => {
    let kept: ReturnType<typeof merge> = [];
    for (const [at, key] of KEYS.slice(0, KEY_HISTORY.keys).entries()) kept = merge(kept, [key], at);
    assert.equal(kept.length, KEY_HISTORY.keys);
    const next = [KEYS[KEY_HISTORY.keys] ?? a];
    const [oldest] = kept;
    const endedAtMs = oldest?.untilMs ?? 0;
    assert.equal(
      codeOf(() => merge(kept, next, endedAtMs + KEY_HISTORY.endedForMs)),
      'TOO_LARGE',
    );
    const after = merge(kept, next, endedAtMs + KEY_HISTORY.endedForMs + 1);
    assert.equal(after.length, KEY_HISTORY.keys);
    assert.ok(!after.some(({ kid }) => kid === oldest?.kid));
  });
});

describe('the history of outlets', () => {
  const outlet = (evseId: string, meterId: string, meterKey: PublicJwk) => ({
    evseId,
    meterId,
    meterKey,
    maxPowerW: 1n,
  });
  const one = outlet('US*DUK*E0001*1', 'M1', a);
  const two = outlet('US*DUK*E0002*1', 'M2', b);

  it('keeps an outlet that is left out, with its keys and the time of its removal', () => {
    const merged = mergeOutlets(mergeOutlets([], [one, two], 10), [two], 20);
    assert.deepEqual(
      merged.map(({ evseId, removedAtMs }) => [evseId, removedAtMs]),
      [
        [two.evseId, undefined],
        [one.evseId, 20],
      ],
    );
    assert.deepEqual(merged[1]?.meterKeys, [
      { ...a, meterId: 'M1', signedBy: 'meter', fromMs: 10, untilMs: 20 },
    ]);
    assert.deepEqual(mergeOutlets(merged, [two], 30), merged);
  });

  it('takes an outlet back with the meter that it had', () => {
    const gone = mergeOutlets(mergeOutlets([], [one], 10), [two], 20);
    const [back] = mergeOutlets(gone, [one, two], 30);
    assert.equal(back?.removedAtMs, undefined);
    assert.deepEqual(
      back?.meterKeys.map(({ fromMs, untilMs }) => [fromMs, untilMs]),
      [
        [10, 20],
        [30, undefined],
      ],
    );
  });

  it('remembers which meter a key was of, and refuses it for another', () => {
    const before = mergeOutlets([], [one], 10);
    const [changed] = mergeOutlets(before, [outlet(one.evseId, 'M3', b)], 20);
    assert.deepEqual(
      changed?.meterKeys.map(({ meterId }) => meterId),
      ['M1', 'M3'],
    );
    assert.equal(
      codeOf(() => mergeOutlets(before, [outlet(one.evseId, 'M3', a)], 20)),
      'CONFLICT',
    );
  });

  it('keeps a bounded number, and drops an outlet 400 days after its removal', () => {
    const many = (from: number) =>
      Array.from({ length: 64 }, (_, at) => outlet(`US*DUK*E${from + at}*1`, `M${from + at}`, a));
    const full = mergeOutlets(mergeOutlets([], many(0), 10), many(64), 20);
    assert.equal(full.length, KEY_HISTORY.outlets);
    assert.equal(
      codeOf(() => mergeOutlets(full, many(128), 20 + KEY_HISTORY.endedForMs)),
      'TOO_LARGE',
    );
    assert.equal(mergeOutlets(full, many(128), 21 + KEY_HISTORY.endedForMs).length, KEY_HISTORY.outlets);
  });
});
