import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { verifyBundle } from '@roamgrid/auditor';
import { nodePrimitives } from '@roamgrid/auditor/node';
import { exitOf, TOOL } from '../../testing/tool.ts';

const ALTERED = [
  [/("payableMicros":")(\d+)(?=",|"})/, '$11$2', /the bill does not come to its lines/],
  [/("driverShareMicros":")(\d+)/, '$11$2', /the line of .* is not what its record says/],
  [/("lines":\[)\{.*?\},/, '$1', /the bill has other lines than sessions/],
] as const;

/** That the bundle of a bill with two sessions holds, and none that says something else. */
export const auditBill = async (file: string, checkpoint: string): Promise<void> => {
  const { stdout } = await exitOf([TOOL, 'verify', file, '--checkpoint', checkpoint]);
  assert.match(
    stdout,
    /^holds: bill of USALP, 2 sessions, 50000 Wh, \d+\.\d{6} USD payable, invoice:.* payment:.* confirmed\n$/,
  );
  const text = readFileSync(file, 'utf8');
  const by = readFileSync(checkpoint, 'utf8');
  for (const [from, to, failure] of ALTERED) {
    const verdict = await verifyBundle(nodePrimitives, text.replace(from, to), by);
    assert.match(verdict.holds ? 'it holds' : verdict.firstFailure, failure);
  }
};
