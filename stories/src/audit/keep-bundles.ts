import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningUtility } from '../system/utility.ts';
import type { Door } from './doors.ts';
import { bundleText, checkpointText, makeCheckpoint } from './files.ts';
import { reportText, takeReport } from './report.ts';

const PRIVATE = { mode: 0o600 } as const;

const doorTo = ({ definition, gateway, auditor }: RunningUtility, ask = auditor): Door => ({
  utilityId: definition.utilityId,
  url: gateway.url,
  ask,
});

/** All that was ever charged. */
const ALWAYS = { fromMs: 0, untilMs: Date.UTC(2100, 0, 1) };

/** Writes a checkpoint, the bundles of settled sessions, and what authorities are told by each utility, for their owner alone. */
export async function keepBundles(
  stateDir: string,
  utilities: readonly RunningUtility[],
  sessionIds: readonly string[],
): Promise<void> {
  const folder = join(stateDir, 'audit');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const doors = utilities.map((utility) => doorTo(utility));
  const checkpoint = await makeCheckpoint(doors);
  writeFileSync(join(folder, 'checkpoint.json'), checkpointText(checkpoint), PRIVATE);
  for (const id of sessionIds)
    writeFileSync(join(folder, `${id}.json`), await bundleText(doors, id, checkpoint), PRIVATE);
  for (const utility of utilities) {
    const report = await takeReport(doorTo(utility, utility.authority), ALWAYS);
    const name = `report-${utility.definition.utilityId}.json`;
    writeFileSync(join(folder, name), reportText(report), PRIVATE);
  }
}
