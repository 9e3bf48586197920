import assert from 'node:assert/strict';
import { TokenSums } from './token-sums.ts';

const TOKEN = { issuer: 'USALP', id: 'a1', sessions: 2, energyWh: 10_000n, costMicros: 4_000_000n };
const session = (energyWh: bigint, totalMicros: bigint) => ({ energyWh, totalMicros });

describe('the tokens of a ledger', () => {
  const use = (...sessions: readonly (readonly [object, ReturnType<typeof session>])[]) => {
    const sums = new TokenSums();
    for (const [changes, each] of sessions) sums.use({ ...TOKEN, ...changes }, each);
    return sums.size;
  };

  it('are added up over chargers, each for itself, to what home had agreed to and no more', () => {
    const [half, rest] = [session(5_000n, 2_000_000n), session(5_000n, 2_000_000n)];
    assert.equal(use([{}, half], [{ id: 'b2' }, half], [{}, rest], [{ issuer: 'USGPC' }, half]), 3);
    const beyond: readonly (readonly [RegExp, ReturnType<typeof session>, number])[] = [
      [/more energy was booked/, session(5_001n, 1n), 2],
      [/more money was booked/, session(1n, 2_000_001n), 2],
      [/more sessions were booked/, session(0n, 0n), 1],
    ];
    for (const [reason, second, sessions] of beyond)
      assert.throws(() => use([{ sessions }, half], [{ sessions }, second]), reason);
  });
});
