import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CHAINCODE_NODE_OPTIONS, PEER_NODE_OPTIONS } from './node-options.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;

/** Size of the young generation before and after much was allocated and let go, some of it kept for a while. */
const PROGRAM = `
  const size = () => require('node:v8').getHeapSpaceStatistics().find((each) => each.space_name === 'new_space').space_size;
  const before = size();
  const kept = [];
  for (let i = 0; i < 300_000; i += 1) kept[i % 1_000] = new Array(100).fill(i);
  console.log(JSON.stringify([before, size()]));
`;

describe('the young generation of a process', () => {
  for (const [name, options, semiSpaceMiB] of [
    ['chaincode', CHAINCODE_NODE_OPTIONS, 32],
    ['peer', PEER_NODE_OPTIONS, 64],
  ] as const) {
    it(`of a ${name} has its size from the start and does not grow`, async function () {
      this.timeout(30_000);
      const { stdout } = await run(process.execPath, [...options, '-e', PROGRAM]);
      const [before = 0, after = 0] = JSON.parse(stdout) as number[];
      assert.ok(before >= semiSpaceMiB * MIB, `${before} bytes at the start`);
      assert.ok(after <= 2 * semiSpaceMiB * MIB + MIB, `${after} bytes in the end`);
    });
  }
});
