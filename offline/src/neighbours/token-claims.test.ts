import assert from 'node:assert/strict';
import { TokenClaims } from './token-claims.ts';

const UNUSED = { sessions: 0, energyWh: 0n, costMicros: 0n };
const tokenOf = (number: number): Uint8Array => {
  const id = new Uint8Array(16);
  new DataView(id.buffer).setUint32(0, number);
  return id;
};

describe('tokens of a place, asked about by neighbours', () => {
  it('are let through however many neighbours started before, and one whose neighbour fell silent is still held', async () => {
    const claims = new TokenClaims('E2');
    for (let number = 0; number < 3_000; number += 1)
      assert.equal(claims.asked('E1', tokenOf(number), UNUSED).isPending, false, `start ${number}`);
    const silent = (number: number) => claims.used(tokenOf(number), ['E1'], () => Promise.resolve(undefined));
    assert.equal(await silent(2_999), undefined);
    claims.settled();
    assert.deepEqual(await silent(0), UNUSED);
  });
});
