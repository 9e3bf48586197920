import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkpointText, doorsIn, makeCheckpoint } from '@roamgrid/stories/audit';
import { authorityFile } from '@roamgrid/wire';
import { exitOf, TOOL } from '../../testing/tool.ts';
import { judge } from '../check.ts';

/**
 * An authority's way from a consortium that runs to a verdict that asks nobody, as docs/authorities.md tells it. Blocks go on meanwhile:
 * the report is as of the checkpoint.
 * @param stateDir folder of the consortium, with the doors of auditor and authority in it
 * @param folder where the authority keeps what it takes
 * @returns how many records were proven
 */
export const takeAndVerify = async (stateDir: string, folder: string): Promise<number> => {
  const checkpoint = await makeCheckpoint(doorsIn(stateDir, 'auditor'));
  const file = (name: string): string => join(folder, name);
  writeFileSync(file('checkpoint.json'), checkpointText(checkpoint));
  const taken = await exitOf([
    ...[TOOL, 'report', 'take', '--utility', 'USDUK', '--country', 'US'],
    ...['--from', '2020-01-01T00:00:00Z', '--until', '2100-01-01T00:00:00Z'],
    ...['--doors', join(stateDir, 'authority-doors.json'), '--out', file('us.json')],
    ...['--checkpoint', file('checkpoint.json'), '--proofs', file('proofs')],
  ]);
  assert.equal(taken.code, 0, taken.stderr);
  const told = authorityFile.parse(JSON.parse(readFileSync(file('us.json'), 'utf8')));
  const { firstFailure, proven } = await judge(told, {
    checkpoint: checkpointText(checkpoint),
    bundleOf: (sessionId) => readFileSync(join(file('proofs'), `${sessionId}.json`), 'utf8'),
  });
  assert.equal(firstFailure, undefined);
  assert.equal(proven, told.records.length);
  return proven;
};
