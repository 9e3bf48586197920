import assert from 'node:assert/strict';
import { join } from 'node:path';
import { checkDeterminism } from './check.ts';

const FIXTURE = join(import.meta.dirname, '..', 'fixtures', 'determinism');

describe('the check that peers cannot disagree', function () {
  this.timeout(60_000);

  it('finds each source of disagreement in a contract and in what it loads, and nothing else', async () => {
    const { problems, covered } = await checkDeterminism(FIXTURE);
    // The clock is imported as a type only, and the test never runs on a peer: neither is loaded.
    assert.equal(covered, '4 files');
    assert.deepEqual(
      problems.map(({ file, line, rule }) => `${file}:${line ?? ''} ${rule}`).sort(),
      [
        'chaincode/src/contract.ts:1 randomness',
        'chaincode/src/contract.ts:5 module-state',
        'chaincode/src/contract.ts:6 clock',
        'chaincode/src/contract.ts:6 clock',
        'chaincode/src/contract.ts:6 clock',
        'chaincode/src/contract.ts:7 randomness',
        'chaincode/src/contract.ts:8 locale',
        'chaincode/src/contract.ts:9 locale',
        'chaincode/src/contract.ts:9 locale',
        'chaincode/src/contract.ts:10 locale',
        'chaincode/src/contract.ts:11 surroundings',
        'chaincode/src/contract.ts:12 clock',
        'chaincode/src/contract.ts:13 float',
        'chaincode/src/contract.ts:14 float',
        'chaincode/src/contract.ts:14 float',
        'chaincode/src/contract.ts:14 float',
        'chaincode/src/contract.ts:15 locale',
        'chaincode/src/contract.ts:16 surroundings',
        'chaincode/src/contract.ts:17 clock',
        // Excused with a reason, but a clock is excused in one file only, and there line by line.
        'chaincode/src/contract.ts:22 clock',
        'chaincode/src/context/endorsement-clock.ts:3 clock',
        'chaincode/src/context/endorsement-clock.ts:4 check-allow',
        'domain/src/rate.ts:1 float',
      ].sort(),
    );
  });
});
