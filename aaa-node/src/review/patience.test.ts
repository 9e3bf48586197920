import assert from 'node:assert/strict';
import type { CallResult } from '@roamgrid/service-kit';
import { createPatience, type Matter } from './patience.ts';

const DONE: CallResult<string> = { ok: true, status: 200, value: 'done' };
const AWAY: CallResult<never> = { ok: false, failure: { kind: 'timeout' } };
const refused: CallResult<never> = {
  ok: false,
  failure: {
    kind: 'problem',
    problem: { type: 'about:blank', title: 'no', status: 409, code: 'LEDGER_WRONG_STATE', detail: 'no' },
  },
};

describe('what is said until the ledger has it', () => {
  const told: string[] = [];
  const keep = (level: string) => (_fields: unknown, text?: string) =>
    void told.push(`${level} ${text ?? ''}`);
  let nowMs = 0;
  const patience = createPatience({
    everyMs: 100,
    log: { info: keep('info'), warn: keep('warn') },
    elapsedMs: () => nowMs,
  });
  const of = (id: string, partner: string, mark = '1'): Matter => ({ id, partner, mark });
  /** How long from now until it is due. */
  const pauseMs = (matter: Matter): number => {
    const from = nowMs;
    while (!patience.isDue(matter)) nowMs += 50;
    return nowMs - from;
  };

  it('waits twice as long each time it is refused, up to five minutes, and not at all when it has changed', () => {
    const pauses = [];
    for (let times = 0; times < 14; times += 1) {
      patience.note(of('a', 'USDUK'), refused, 'a is told');
      assert.equal(patience.isDue(of('b', 'USDUK')), true, 'others of the same partner wait for nothing');
      assert.equal(patience.isDue(of('a', 'USDUK', '2')), true, 'it is another matter now');
      pauses.push(pauseMs(of('a', 'USDUK')));
    }
    assert.deepEqual(pauses.slice(0, 4), [200, 400, 800, 1_600]);
    assert.equal(pauses.at(-1), 300_000);
    patience.note(of('a', 'USDUK'), DONE, 'a is told');
    patience.later(of('a', 'USDUK'));
    assert.equal(pauseMs(of('a', 'USDUK')), 200, 'what was done begins anew');
  });

  it('waits for a partner that is away with everything of that partner, and with nothing of others', () => {
    patience.note(of('c', 'USGPC'), AWAY, 'c is told');
    assert.equal(patience.isDue(of('d', 'USGPC')), false);
    assert.equal(patience.isDue(of('d', 'USALP')), true);
    assert.equal(pauseMs(of('d', 'USGPC')), 100);
    // What found the partner away waits longer, so that it is not the first to try again each time.
    assert.equal(patience.isDue(of('c', 'USGPC')), false);
    patience.note(of('d', 'USGPC'), AWAY, 'd is told');
    assert.equal(pauseMs(of('e', 'USGPC')), 200);
    patience.note(of('e', 'USGPC'), DONE, 'e is told');
    patience.note(of('c', 'USGPC'), AWAY, 'c is told');
    assert.equal(pauseMs(of('f', 'USGPC')), 100, 'a partner that was there begins anew');
  });

  it('is told although another matter of the same partner always fails, however long that lasts', () => {
    // Round after round the one that fails comes first.
    for (let round = 0; round < 40; round += 1) {
      nowMs += pauseMs(of('bad', 'USGPC'));
      patience.note(of('bad', 'USGPC'), AWAY, 'bad is told');
    }
    const from = nowMs;
    for (let isTold = false; !isTold; nowMs += 100) {
      if (patience.isDue(of('bad', 'USGPC'))) patience.note(of('bad', 'USGPC'), AWAY, 'bad is told');
      isTold = patience.isDue(of('new', 'USGPC'));
      assert.ok(nowMs < from + 600_000, 'the new one is never due');
    }
  });

  it('logs what telling came to', () => {
    told.length = 0;
    patience.note(of('g', 'USALP'), refused, 'g is told');
    patience.note(of('g', 'USALP'), DONE, 'g is told');
    assert.deepEqual(told, ['warn not yet: g is told', 'info g is told']);
  });
});
