import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  authoriseLocally,
  localHeadroomMicros,
  WHITELIST_MODES,
  type LocalKnowledge,
  type LocalLeave,
} from './local-authorisation.ts';

const leave: LocalLeave = {
  whitelist: 'ALLOWED',
  validFromMs: 1_000,
  validUntilMs: 10_000,
  perSessionMicros: 20_000_000n,
  exposureMicros: 50_000_000n,
  maxSessions: 10,
};
const known: LocalKnowledge = {
  atMs: 5_000,
  revoked: false,
  revocationsReadAtMs: 4_500,
  revocationsMaxAgeMs: 1_000,
  usedMicros: 0n,
  usedSessions: 0,
  homeDown: false,
};
const CAP = 12_000_000n;

const anyLeave: fc.Arbitrary<LocalLeave> = fc.record({
  whitelist: fc.constantFrom(...WHITELIST_MODES),
  validFromMs: fc.nat(100),
  validUntilMs: fc.nat(200),
  perSessionMicros: fc.bigInt({ min: 0n, max: 50n }),
  exposureMicros: fc.bigInt({ min: 0n, max: 200n }),
  maxSessions: fc.integer({ min: 1, max: 5 }),
});
const anyKnown: fc.Arbitrary<LocalKnowledge> = fc.record({
  atMs: fc.nat(250),
  revoked: fc.boolean(),
  revocationsReadAtMs: fc.nat(250),
  revocationsMaxAgeMs: fc.nat(100),
  usedMicros: fc.bigInt({ min: 0n, max: 250n }),
  usedSessions: fc.nat(6),
  homeDown: fc.boolean(),
});
const anyCap = fc.bigInt({ min: 0n, max: 60n });

describe('local authorisation', () => {
  const rows: readonly (readonly [
    what: string,
    leave: Partial<LocalLeave>,
    known: Partial<LocalKnowledge>,
    outcome: string,
  ])[] = [
    ['an allowed profile in its window', {}, {}, 'granted'],
    ['a revoked one', {}, { revoked: true }, 'revoked'],
    ['a revoked one, even if always', { whitelist: 'ALWAYS' }, { revoked: true }, 'revoked'],
    ['never', { whitelist: 'NEVER' }, {}, 'whitelist-never'],
    ['never, with the home down', { whitelist: 'NEVER' }, { homeDown: true }, 'whitelist-never'],
    ['the first instant', {}, { atMs: 1_000, revocationsReadAtMs: 1_000 }, 'granted'],
    ['the instant before', {}, { atMs: 999, revocationsReadAtMs: 999 }, 'not-yet-valid'],
    ['the last instant', {}, { atMs: 9_999, revocationsReadAtMs: 9_999 }, 'granted'],
    ['the instant after', {}, { atMs: 10_000, revocationsReadAtMs: 10_000 }, 'expired'],
    ['expired, with the home down', {}, { atMs: 10_000, homeDown: true }, 'expired'],
    ['offline only, while the home answers', { whitelist: 'ALLOWED_OFFLINE' }, {}, 'offline-only'],
    ['offline only, with the home down', { whitelist: 'ALLOWED_OFFLINE' }, { homeDown: true }, 'granted'],
    ['revocations at their bound', {}, { revocationsReadAtMs: 4_000 }, 'granted'],
    ['revocations past their bound', {}, { revocationsReadAtMs: 3_999 }, 'stale'],
    ['old revocations, with the home down', {}, { revocationsReadAtMs: 0, homeDown: true }, 'granted'],
    ['old revocations, always', { whitelist: 'ALWAYS' }, { revocationsReadAtMs: 0 }, 'granted'],
    ['a cap at the session limit', { perSessionMicros: CAP }, {}, 'granted'],
    ['a cap above the session limit', { perSessionMicros: CAP - 1n }, {}, 'limit'],
    ['always, above the session limit', { whitelist: 'ALWAYS', perSessionMicros: CAP - 1n }, {}, 'limit'],
    ['the last of the exposure', {}, { usedMicros: 50_000_000n - CAP }, 'granted'],
    ['one micro past the exposure', {}, { usedMicros: 50_000_001n - CAP }, 'exposure'],
    [
      'past the exposure, with the home down',
      {},
      { usedMicros: 50_000_001n - CAP, homeDown: true },
      'exposure',
    ],
    ['the last session of the count', {}, { usedSessions: 9 }, 'granted'],
    ['one session past the count', {}, { usedSessions: 10 }, 'exposure'],
    ['always, past the count', { whitelist: 'ALWAYS' }, { usedSessions: 10 }, 'exposure'],
  ];
  for (const [what, leaveChange, knownChange, outcome] of rows) {
    it(`of ${what}: ${outcome}`, () => {
      const decision = authoriseLocally({ ...leave, ...leaveChange }, { ...known, ...knownChange }, CAP);
      assert.equal(decision.outcome === 'granted' ? 'granted' : decision.why, outcome);
    });
  }

  it('never exceeds a cap, the window or a revocation, whatever is asked', () => {
    fc.assert(
      fc.property(anyLeave, anyKnown, anyCap, (l, k, cap) => {
        const decision = authoriseLocally(l, k, cap);
        if (decision.outcome !== 'granted') return;
        assert.ok(!k.revoked && l.whitelist !== 'NEVER');
        assert.ok(l.validFromMs <= k.atMs && k.atMs < l.validUntilMs);
        assert.ok(cap <= l.perSessionMicros);
        assert.equal(decision.exposureAfterMicros, k.usedMicros + cap);
        assert.ok(k.usedSessions < l.maxSessions);
        assert.ok(decision.exposureAfterMicros <= l.exposureMicros);
      }),
    );
  });

  it('keeps sum and count under the leave over any sequence of sessions, whatever they end with', () => {
    const asks = fc.array(fc.record({ cap: anyCap, endsWith: fc.nat(100) }));
    fc.assert(
      fc.property(anyLeave, asks, (l, sessions) => {
        const used: bigint[] = [];
        const sum = () => used.reduce((a, b) => a + b, 0n);
        for (const { cap, endsWith } of sessions) {
          const now = { atMs: l.validFromMs, usedMicros: sum(), usedSessions: used.length, homeDown: true };
          const decision = authoriseLocally(l, { ...known, ...now }, cap);
          if (decision.outcome === 'granted') {
            used.push(cap);
            assert.ok(sum() <= l.exposureMicros && used.length <= l.maxSessions);
            // A session ends with a total within its cap; it is never given back.
            used[used.length - 1] = (cap * BigInt(endsWith)) / 100n;
          }
        }
      }),
    );
  });

  it('grants a smaller cap wherever it grants a larger one', () => {
    fc.assert(
      fc.property(anyLeave, anyKnown, anyCap, anyCap, (l, k, a, b) => {
        const [smaller, larger] = a < b ? [a, b] : [b, a];
        if (authoriseLocally(l, k, larger).outcome === 'granted') {
          assert.equal(authoriseLocally(l, k, smaller).outcome, 'granted');
        }
      }),
    );
  });

  it('has headroom up to exactly the largest cap that it grants', () => {
    const anyUsed = fc.record({ usedMicros: fc.bigInt({ min: 0n, max: 250n }), usedSessions: fc.nat(6) });
    fc.assert(
      fc.property(anyLeave, anyUsed, (l, used) => {
        const always: LocalLeave = { ...l, whitelist: 'ALWAYS', validFromMs: 0, validUntilMs: 10_000 };
        const headroom = localHeadroomMicros(always, used);
        const at = (cap: bigint) => authoriseLocally(always, { ...known, ...used }, cap).outcome;
        assert.equal(at(headroom + 1n), 'ask-home');
        if (headroom > 0n) assert.equal(at(headroom), 'granted');
      }),
    );
  });

  it('throws on negative amounts', () => {
    assert.throws(() => authoriseLocally(leave, known, -1n), RangeError);
    assert.throws(() => authoriseLocally(leave, { ...known, usedMicros: -1n }, 0n), RangeError);
  });
});
