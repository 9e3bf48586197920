import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bill } from '@roamgrid/wire';
import type { RunningUtility } from '../system/utility.ts';
import type { Door } from './doors.ts';
import { billBundleText, bundleText, checkpointText, makeCheckpoint } from './files.ts';
import { writeLedger } from './ledger.ts';
import { reportText, takeReport } from './report.ts';

const PRIVATE = { mode: 0o600 } as const;

/** The auditor's door to a utility of a running system, or that of whoever else asks. */
export const doorTo = ({ definition, gateway, auditor }: RunningUtility, ask = auditor): Door => ({
  utilityId: definition.utilityId,
  url: gateway.url,
  ask,
});

/** All that was ever charged. */
const ALWAYS = { fromMs: 0, untilMs: Date.UTC(2100, 0, 1) };

/**
 * Writes a checkpoint, the bundles of bills and of their sessions, what authorities are told by each utility, and the whole
 * ledger with the first utility's bodies below a run's folder, readable by its owner alone.
 */
export async function keepBundles(
  stateDir: string,
  utilities: readonly RunningUtility[],
  bills: readonly Bill[],
): Promise<void> {
  const folder = join(stateDir, 'audit');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const doors = utilities.map((utility) => doorTo(utility));
  const checkpoint = await makeCheckpoint(doors);
  writeFileSync(join(folder, 'checkpoint.json'), checkpointText(checkpoint), PRIVATE);
  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, `${name}.json`), text, PRIVATE);
  };
  for (const bill of bills) {
    write(bill.billId, await billBundleText(doors, bill, checkpoint));
    for (const { sessionId } of bill.lines) write(sessionId, await bundleText(doors, sessionId, checkpoint));
  }
  const scope = { ...ALWAYS, asOfBlock: checkpoint.blocks - 1 };
  for (const utility of utilities) {
    const report = await takeReport(doorTo(utility, utility.authority), scope);
    write(`report-${utility.definition.utilityId}`, reportText(report));
  }
  const [first] = doors;
  if (first !== undefined) await writeLedger(first, join(folder, 'ledger'));
}
