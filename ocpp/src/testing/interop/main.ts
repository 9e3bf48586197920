/** Runs the door against stations of other people's software, as far as it is installed: see `docs/interop.md`. */
import { startStage } from '../stage.ts';
import { unexpected } from './differs.ts';
import { compositeFolder, EVEREST_COMPOSITE, exerciseComposite } from './everest-composite.ts';
import { exercise } from './exercise.ts';
import { namedFolders, namedPeers } from './named-peers.ts';
import { NPM_PEERS } from './npm-peers.ts';
import { chargeAt, startStreet } from './street.ts';

const stage = await startStage();
let passed = 0;
let failed = 0;
let skipped = 0;
const named = namedPeers(namedFolders(process.env['ROAMGRID_PEERS']));
for (const { name } of named.filter(({ peers }) => peers.length === 0)) {
  skipped += 1;
  console.log(`skipped: ${name}`);
}
const peers = [...NPM_PEERS, ...named.flatMap(({ peers: installed }) => installed)];
const street = await startStreet(peers.length);
for (const [at, peer] of peers.entries()) {
  const came = await chargeAt(street, peer, street.stationIds[at] ?? '').catch(String);
  const rows = [
    ...(await exercise(stage, peer)),
    { from: 'station', action: 'charge through the door', came } as const,
  ];
  const wrong = unexpected(peer, rows);
  passed += rows.length - wrong.length;
  failed += wrong.length;
  console.log(`${peer.name}, ${peer.protocol}: ${rows.length - wrong.length} of ${rows.length} as expected`);
  for (const { from, action, came } of wrong)
    console.log(`  ${from === 'us' ? 'asked' : 'said'} ${action}: ${came}`);
}
await stage.close();
await street.close();
const cases = compositeFolder(namedFolders(process.env['ROAMGRID_VECTORS']));
if (cases === undefined) {
  skipped += 1;
  console.log(`skipped: ${EVEREST_COMPOSITE}`);
} else {
  const all = exerciseComposite(cases);
  const applying = all.filter(({ doesNotApply }) => doesNotApply === undefined);
  const wrong = applying.filter(({ wrong: seen }) => seen !== undefined);
  passed += applying.length - wrong.length;
  failed += wrong.length;
  console.log(
    `${EVEREST_COMPOSITE}: ${applying.length - wrong.length} of ${applying.length} as expected, ${all.length - applying.length} do not apply`,
  );
  for (const { name, wrong: seen } of wrong) console.log(`  ${name}: ${seen ?? ''}`);
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
