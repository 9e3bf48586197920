/** Runs the controller's adapters against devices of other people's software, and the core against their cases, as far as they are here: see `docs/interop.md`. */
import { delimiter } from 'node:path';
import { EVEREST_CASES, everestCases, exerciseEverest } from './everest-cases.ts';
import type { Exercised } from './exercised.ts';
import { COAP_PEER, exerciseCoap } from './coap-peer.ts';
import { exerciseOpenAdr, OPENADR_PEER } from './openadr-peer.ts';
import { pythonWith } from './peer-python.ts';
import { exerciseModbus, MODBUS_PEER, modbusPython } from './modbus-peer.ts';

const named = (variable: string): readonly string[] =>
  (process.env[variable] ?? '').split(delimiter).filter((folder) => folder !== '');
const folders = named('ROAMGRID_PEERS');
const python = modbusPython(folders);
const openAdr = pythonWith(folders, 'openadr3');
const coap = pythonWith(folders, 'aiocoap');
const cases = everestCases(named('ROAMGRID_VECTORS'));

const peers: readonly (readonly [
  name: string,
  run: (() => readonly Exercised[] | Promise<readonly Exercised[]>) | undefined,
])[] = [
  [EVEREST_CASES, cases === undefined ? undefined : () => exerciseEverest(cases)],
  [MODBUS_PEER, python === undefined ? undefined : () => exerciseModbus(python)],
  [OPENADR_PEER, openAdr === undefined ? undefined : () => exerciseOpenAdr(openAdr)],
  [COAP_PEER, coap === undefined ? undefined : () => exerciseCoap(coap)],
];
let passed = 0;
let failed = 0;
for (const [name, run] of peers) {
  if (run === undefined) {
    console.log(`skipped: ${name}`);
    continue;
  }
  const all = await run();
  const rows = all.filter((row) => row.doesNotApply === undefined);
  const wrong = rows.filter((row) => row.wrong !== undefined);
  passed += rows.length - wrong.length;
  failed += wrong.length;
  console.log(
    `${name}: ${rows.length - wrong.length} of ${rows.length} as expected, ${all.length - rows.length} do not apply`,
  );
  for (const row of wrong) console.log(`  ${row.action}: ${row.wrong ?? ''}`);
}
console.log(
  `${passed} passed, ${failed} failed, ${peers.filter(([, run]) => run === undefined).length} skipped`,
);
process.exitCode = failed === 0 ? 0 : 1;
