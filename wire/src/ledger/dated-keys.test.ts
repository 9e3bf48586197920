import assert from 'node:assert/strict';
import { keysAt, presentKeys } from './dated-keys.ts';

const first = { kid: 'first', fromMs: 100, untilMs: 200 };
const second = { kid: 'second', fromMs: 200 };
const idsAt = (atMs: number) => keysAt([first, second], atMs).map(({ kid }) => kid);

describe('dated keys', () => {
  it('count from the instant they were stated to the last one before they were left out', () => {
    assert.deepEqual(
      [99, 100, 199, 200, 10_000].map((atMs) => idsAt(atMs)),
      [[], ['first'], ['first'], ['second'], ['second']],
    );
  });

  it('are several where several are in use at once', () => {
    const both = keysAt([{ ...first, untilMs: 300 }, second], 250);
    assert.deepEqual(
      both.map(({ kid }) => kid),
      ['first', 'second'],
    );
  });

  it('are present while nobody ended them', () => {
    assert.deepEqual(presentKeys([first, second]), [second]);
    assert.deepEqual(presentKeys([first]), []);
  });
});
