/** Runs the door against stations of other people's software, as far as it is installed: see `docs/interop.md`. */
import { startStage } from '../stage.ts';
import { unexpected } from './differs.ts';
import { exercise } from './exercise.ts';
import { namedFolders, namedPeers } from './named-peers.ts';
import { NPM_PEERS } from './npm-peers.ts';

const stage = await startStage();
let passed = 0;
let failed = 0;
let skipped = 0;
const named = namedPeers(namedFolders(process.env['ROAMGRID_PEERS']));
for (const { name } of named.filter(({ peers }) => peers.length === 0)) {
  skipped += 1;
  console.log(`skipped: ${name}`);
}
for (const peer of [...NPM_PEERS, ...named.flatMap(({ peers }) => peers)]) {
  const rows = await exercise(stage, peer);
  const wrong = unexpected(peer, rows);
  passed += rows.length - wrong.length;
  failed += wrong.length;
  console.log(`${peer.name}, ${peer.protocol}: ${rows.length - wrong.length} of ${rows.length} as expected`);
  for (const { from, action, came } of wrong)
    console.log(`  ${from === 'us' ? 'asked' : 'said'} ${action}: ${came}`);
}
await stage.close();
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
