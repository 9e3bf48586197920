/** Runs the controller's adapters against devices of other people's software, as far as it is installed: see `docs/interop.md`. */
import { delimiter } from 'node:path';
import type { Exercised } from './exercised.ts';
import { exerciseModbus, MODBUS_PEER, modbusPython } from './modbus-peer.ts';

const folders = (process.env['ROAMGRID_PEERS'] ?? '').split(delimiter).filter((folder) => folder !== '');
const python = modbusPython(folders);

const peers: readonly (readonly [name: string, run: (() => Promise<readonly Exercised[]>) | undefined])[] = [
  [MODBUS_PEER, python === undefined ? undefined : () => exerciseModbus(python)],
];
let passed = 0;
let failed = 0;
for (const [name, run] of peers) {
  if (run === undefined) {
    console.log(`skipped: ${name}`);
    continue;
  }
  const rows = await run();
  const wrong = rows.filter((row) => row.wrong !== undefined);
  passed += rows.length - wrong.length;
  failed += wrong.length;
  console.log(`${name}: ${rows.length - wrong.length} of ${rows.length} as expected`);
  for (const row of wrong) console.log(`  ${row.action}: ${row.wrong ?? ''}`);
}
console.log(
  `${passed} passed, ${failed} failed, ${peers.filter(([, run]) => run === undefined).length} skipped`,
);
process.exitCode = failed === 0 ? 0 : 1;
