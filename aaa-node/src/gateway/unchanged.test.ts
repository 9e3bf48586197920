import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallResult } from '@roamgrid/service-kit';
import { createHead } from './head.ts';
import { createUnchanged } from './unchanged.ts';

const told = <T>(value: T): CallResult<T> => ({ ok: true, status: 200, value });
const SILENT: CallResult<never> = { ok: false, failure: { kind: 'timeout' } };

describe('what only a block changes', () => {
  const asking = () => {
    const state = { head: '7' as string | undefined, asked: 0 };
    const unchanged = createUnchanged(() => state.head);
    const ask = (path = '/a', kind = 'a', answer: CallResult<number> = told((state.asked += 1))) =>
      unchanged.ask(kind, path, () => Promise.resolve(answer));
    return { state, unchanged, ask };
  };
  const valueOf = async (answer: Promise<CallResult<number>>): Promise<number | undefined> => {
    const got = await answer;
    return got.ok ? got.value : undefined;
  };

  it('is asked for once a block, by its whole path', async () => {
    const { state, ask } = asking();
    assert.equal(await valueOf(ask()), 1);
    assert.equal(await valueOf(ask()), 1);
    state.head = '8';
    const anew = await valueOf(ask());
    assert.ok(anew !== 1);
    assert.equal(await valueOf(ask()), anew);
    assert.ok((await valueOf(ask('/a?after=1'))) !== anew);
    assert.ok((await valueOf(ask('/b', 'b'))) !== anew);
  });

  it('is asked for anew when the head is not known, after a failure, and after an own command', async () => {
    const { state, unchanged, ask } = asking();
    assert.deepEqual(await ask('/a', 'a', SILENT), SILENT);
    const first = await valueOf(ask());
    unchanged.forget();
    const second = await valueOf(ask());
    assert.ok(first !== undefined && second !== undefined && second > first);
    state.head = undefined;
    const third = await valueOf(ask());
    assert.ok(third !== undefined && third > second);
  });

  it('counts for the head that was known before it was asked for', async () => {
    const { state, unchanged, ask } = asking();
    await unchanged.ask('a', '/a', () => {
      state.head = '8';
      return Promise.resolve(told(-1));
    });
    assert.notEqual(await valueOf(ask()), -1);
  });
});

describe('the head of the own gateway', () => {
  it('is followed by one question at a time, and not known while nobody answers', async () => {
    const questions: {
      known: string | undefined;
      answer: (told: CallResult<{ nextBlock: string }>) => void;
    }[] = [];
    const head = createHead();
    head.follow(
      (known, signal) =>
        new Promise((resolve) => {
          questions.push({ known, answer: resolve });
          signal.addEventListener('abort', () => resolve(SILENT));
        }),
    );
    const next = async (count: number) => {
      while (questions.length < count) await sleep(1);
      return questions[count - 1];
    };
    assert.equal(head.at(), undefined);
    (await next(1))?.answer(told({ nextBlock: '3' }));
    const second = await next(2);
    assert.deepEqual([second?.known, head.at(), questions.length], ['3', '3', 2]);
    second?.answer(SILENT);
    while (head.at() !== undefined) await sleep(1);
    const third = await next(3);
    assert.equal(third?.known, undefined);
    await head.stop();
    assert.equal(head.at(), undefined);
  });
});
