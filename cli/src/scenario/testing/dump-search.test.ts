import assert from 'node:assert/strict';
import { secretsIn } from './dump-search.ts';

describe('a search of dumps', () => {
  it('finds a secret as text, in small letters, in hex, and wherever in base64 it begins', () => {
    const secret = 'Ada Driver';
    for (const before of ['', 'x', 'xy', 'xyz']) {
      const text = Buffer.from(`${before}${secret} and more`);
      for (const dump of [
        text.toString('utf8'),
        text.toString('utf8').toLowerCase(),
        text.toString('hex'),
        text.toString('base64'),
        text.toString('base64url'),
      ])
        assert.deepEqual(secretsIn(Buffer.from(`…${dump}…`), [secret, 'Grace']), [secret], dump);
    }
    assert.deepEqual(secretsIn(Buffer.from('Ada, a driver'), [secret]), []);
  });
});
