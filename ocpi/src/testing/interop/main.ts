/** Runs the door against partners of other people's software, as far as it is installed: see `docs/interop.md`. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { makeTown, type DoorUnderTest } from '../world.ts';
import { exerciseTool, TOOL } from './conformance-tool.ts';
import { exerciseHub, HUB_PROGRAM } from './mock-hub.ts';
import { exercisePython } from './python-partner.ts';
import type { Exercised } from './rows.ts';

const folders = (process.env['ROAMGRID_PEERS'] ?? '').split(delimiter).filter((folder) => folder !== '');
const canImport = (python: string): boolean =>
  existsSync(python) &&
  spawnSync(python, ['-c', 'import py_ocpi, uvicorn'], { stdio: 'ignore' }).status === 0;
const python = folders.map((folder) => join(folder, 'bin', 'python3')).find(canImport);
const tool = folders.find((folder) => existsSync(join(folder, TOOL)));
const hub = folders.find((folder) => existsSync(join(folder, HUB_PROGRAM)));

const peers: readonly (readonly [
  name: string,
  run: ((duke: DoorUnderTest) => Promise<readonly Exercised[]>) | undefined,
])[] = [
  ['extrawest-ocpi (PyPI)', python === undefined ? undefined : (duke) => exercisePython(python, duke)],
  ['ocpi-kit (crates.io)', tool === undefined ? undefined : (duke) => exerciseTool(tool, duke)],
  [HUB_PROGRAM, hub === undefined ? undefined : (duke) => exerciseHub(hub, duke)],
];
let passed = 0;
let failed = 0;
const town = peers.some(([, run]) => run !== undefined) ? await makeTown() : undefined;
const duke = await town?.open('USDUK', {
  times: { outbox: 50, firstRetry: 50, longestRetry: 100, command: 20_000 },
});
for (const [name, run] of peers) {
  if (run === undefined || duke === undefined) {
    console.log(`skipped: ${name}`);
    continue;
  }
  const rows = await run(duke);
  const wrong = rows.filter((row) => row.wrong !== undefined);
  passed += rows.length - wrong.length;
  failed += wrong.length;
  console.log(`${name}: ${rows.length - wrong.length} of ${rows.length} as expected`);
  for (const row of wrong) console.log(`  ${row.action}: ${row.wrong ?? ''}`);
}
await town?.close();
console.log(
  `${passed} passed, ${failed} failed, ${peers.filter(([, run]) => run === undefined).length} skipped`,
);
process.exitCode = failed === 0 ? 0 : 1;
