import assert from 'node:assert/strict';
import { sayings16 } from './commands.ts';

describe('a stop in the words of 1.6', () => {
  const said = (transactionId: string) => sayings16.stop?.({ kind: 'stop', transactionId })?.payload;

  it('names the station’s number, also −1 of one that got none, and never another transaction', () => {
    assert.deepEqual(said('4711'), { transactionId: 4_711 });
    assert.deepEqual(said('-1'), { transactionId: -1 });
    assert.equal(said('tx1'), undefined);
  });
});
