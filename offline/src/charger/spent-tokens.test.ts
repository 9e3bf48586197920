import assert from 'node:assert/strict';
import { NODE_SUITE } from '../suite/node-suite.ts';
import { CutFlash, Power } from '../testing/cut-flash.ts';
import { MOST_SESSIONS, SpentTokens } from './spent-tokens.ts';

const EXPIRES_S = 1_800_000_000;
const token = () => ({ tokenId: NODE_SUITE.random(16), expiresS: EXPIRES_S });
const opened = async (flash = new CutFlash(new Power())) => ({ flash, spent: await SpentTokens.open(flash) });

describe('tokens that were used', () => {
  it('take 16 bytes each, and are known after a restart', async () => {
    const { flash, spent } = await opened();
    const tokens = Array.from({ length: 20 }, token);
    for (const one of tokens) await spent.started(one, 1);
    assert.equal(flash.bytes.length, 20 * 16);
    const again = await SpentTokens.open(flash);
    for (const one of tokens) assert.equal(again.usedOf(one.tokenId).sessions, 1);
    assert.deepEqual(again.usedOf(token().tokenId), { sessions: 0, energyWh: 0n, costMicros: 0n });
  });

  it('keep what sessions of one took together, its cost rounded up to a thousandth', async () => {
    const { flash, spent } = await opened();
    const one = token();
    await spent.started(one, 1);
    await spent.took(one.tokenId, 4_000n, 1_280_001n);
    await spent.started(one, 2);
    await spent.took(one.tokenId, 6_000n, 1_920_000n);
    const kept = { sessions: 2, energyWh: 6_000n, costMicros: 1_920_000n };
    assert.deepEqual(spent.usedOf(one.tokenId), kept);
    assert.deepEqual((await SpentTokens.open(flash)).usedOf(one.tokenId), kept);
    await spent.took(one.tokenId, 6_000n, 1_280_001n);
    assert.equal(spent.usedOf(one.tokenId).costMicros, 1_281_000n);
    await assert.rejects(spent.started(one, MOST_SESSIONS + 1), RangeError);
  });

  it('are kept for a day after they expired, and their room is used again', async () => {
    const { flash, spent } = await opened();
    const tokens = Array.from({ length: 70 }, token);
    for (const one of tokens) await spent.started(one, 1);
    await spent.forget(EXPIRES_S + 86_400);
    assert.equal(spent.usedOf(tokens[0]?.tokenId ?? new Uint8Array()).sessions, 1);
    await spent.forget(EXPIRES_S + 86_401);
    assert.equal(spent.size, 0);
    assert.equal(flash.bytes.length, 0);
  });

  it('a cell that was being written, or that the chip spoiled, is dropped, and those beside it are not', async () => {
    for (let cut = 1; cut < 16; cut += 1) {
      const { flash, spent } = await opened();
      const [first, second, third] = [token(), token(), token()];
      await spent.started(first, 1);
      flash.power = new Power(cut);
      await assert.rejects(spent.started(second, 1));
      flash.power = new Power();
      const again = await SpentTokens.open(flash);
      assert.equal(again.usedOf(second.tokenId).sessions, 0);
      await again.started(third, 1);
      const later = await SpentTokens.open(flash);
      assert.deepEqual([first, second, third].map(({ tokenId }) => later.usedOf(tokenId).sessions), [1, 0, 1]); // prettier-ignore
    }
  });
});
