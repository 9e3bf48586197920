import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningUtility } from '../system/utility.ts';
import type { Door } from './doors.ts';
import { bundleText, checkpointText, makeCheckpoint } from './files.ts';

const PRIVATE = { mode: 0o600 } as const;

const doorTo = ({ definition, gateway, auditor }: RunningUtility): Door => ({
  utilityId: definition.utilityId,
  url: gateway.url,
  ask: auditor,
});

/** Writes a checkpoint and the bundles of settled sessions below a run's folder, readable by its owner alone. */
export async function keepBundles(
  stateDir: string,
  utilities: readonly RunningUtility[],
  sessionIds: readonly string[],
): Promise<void> {
  const folder = join(stateDir, 'audit');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const doors = utilities.map(doorTo);
  const checkpoint = await makeCheckpoint(doors);
  writeFileSync(join(folder, 'checkpoint.json'), checkpointText(checkpoint), PRIVATE);
  for (const id of sessionIds)
    writeFileSync(join(folder, `${id}.json`), await bundleText(doors, id, checkpoint), PRIVATE);
}
