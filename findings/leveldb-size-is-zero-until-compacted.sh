#!/usr/bin/env bash
# approximateSize of classic-level is 0 for data that was just written, here 2 MB, since it counts only what has left
# the memory for files: a limit on what a peer may store, checked with it, never bites until LevelDB happens to
# compact.
# Guard: count bytes as they are written, in the same batch; approximateSize is for old data.
set -euo pipefail
npm_packages=(classic-level@3.0.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { randomBytes } from 'node:crypto';
import { ClassicLevel } from 'classic-level';

const db = new ClassicLevel('db');
const writes = Array.from({ length: 20_000 }, (_, at) => ({
  type: 'put',
  key: `reading ${String(at).padStart(6, '0')}`,
  value: randomBytes(50).toString('hex'),
}));
await db.batch(writes, { sync: true });
const size = () => db.approximateSize('reading ', 'reading!');
const written = await size();
await db.compactRange('reading ', 'reading!');
const compacted = await size();
await db.close();
console.log(`seen     after writing 2 MB: ${written}, after compactRange: ${compacted}`);
process.exit(written === 0 && compacted > 1_000_000 ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    the approximate size of a range with 2 MB in it is some MB
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
