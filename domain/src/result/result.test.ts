import assert from 'node:assert/strict';
import { andThen, collect, err, mapOk, ok, UnexpectedFailure, unwrap, type Result } from './result.ts';

const failure = { code: 'TOO_SMALL', message: 'the value is too small' } as const;

describe('Result', () => {
  it('maps and chains values and passes the first failure on untouched', () => {
    const half = (n: bigint): Result<bigint, typeof failure> => (n < 2n ? err(failure) : ok(n / 2n));
    assert.deepEqual(andThen(half(8n), half), ok(2n));
    assert.deepEqual(andThen(half(2n), half), err(failure));
    assert.deepEqual(mapOk(half(8n), String), ok('4'));
    assert.deepEqual(mapOk(half(1n), String), err(failure));
  });

  it('collects all values in order, or stops at the first failure', () => {
    assert.deepEqual(collect([ok(1), ok(2)]), ok([1, 2]));
    assert.deepEqual(collect([ok(1), err('a'), err('b')]), err('a'));
  });

  it('unwraps a value and throws the failure with its code', () => {
    assert.equal(unwrap(ok(3)), 3);
    assert.throws(
      () => unwrap(err(failure)),
      (thrown) =>
        thrown instanceof UnexpectedFailure && thrown.failure === failure && /TOO_SMALL/.test(thrown.message),
    );
  });
});
