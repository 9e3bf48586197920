import assert from 'node:assert/strict';
import fc from 'fast-check';
import { unwrap } from '../result/index.ts';
import { SHARE_PARTIES, shares, splitSession, sumSplits } from './shares.ts';

const cut = fc.bigInt({ min: 0n, max: 1_000_000n });
const anyShares = fc.tuple(cut, cut, cut).map((cuts) => {
  const [a = 0n, b = 0n, c = 0n] = [...cuts].sort((x, y) => (x < y ? -1 : 1));
  return unwrap(shares({ hun: a, vun: b - a, infrastructure: c - b, driver: 1_000_000n - c }));
});
const total = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
const wholeOf = (split: Readonly<Record<(typeof SHARE_PARTIES)[number], bigint>>): bigint =>
  SHARE_PARTIES.reduce((sum, party) => sum + split[party], 0n);

describe('shares', () => {
  it('of a session add up to its total to the last micro', () => {
    fc.assert(fc.property(total, anyShares, (t, s) => wholeOf(splitSession(t, s)) === t));
  });

  it('of many sessions add up to the sum of their totals', () => {
    fc.assert(
      fc.property(fc.array(total), anyShares, (totals, s) => {
        const sum = sumSplits(totals.map((t) => splitSession(t, s)));
        assert.equal(
          wholeOf(sum),
          totals.reduce((a, b) => a + b, 0n),
        );
      }),
    );
  });

  it('give nothing to a party without a share and all to one that has all', () => {
    const all = unwrap(shares({ hun: 0n, vun: 1_000_000n, infrastructure: 0n, driver: 0n }));
    assert.deepEqual(splitSession(7n, all), { hun: 0n, vun: 7n, infrastructure: 0n, driver: 0n });
  });

  it('follow the ppm, left-over micros to the largest remainder', () => {
    const agreed = unwrap(
      shares({ hun: 100_000n, vun: 650_000n, infrastructure: 240_000n, driver: 10_000n }),
    );
    assert.deepEqual(splitSession(5_999_999n, agreed), {
      hun: 600_000n,
      vun: 3_899_999n,
      infrastructure: 1_440_000n,
      driver: 60_000n,
    });
  });

  it('are refused when they are not the whole, or below zero', () => {
    const short = shares({ hun: 1n, vun: 999_998n, infrastructure: 0n, driver: 0n });
    assert.ok(!short.ok && short.error.code === 'SHARES_NOT_WHOLE' && short.error.message.includes('999999'));
    const negative = shares({ hun: -1n, vun: 1_000_001n, infrastructure: 0n, driver: 0n });
    assert.ok(
      !negative.ok && negative.error.code === 'SHARE_NEGATIVE' && negative.error.message.includes('hun'),
    );
  });
});
