#!/usr/bin/env bash
# Two NOTIFYs with the same text in one transaction arrive as one, two with different texts as two: a listener that
# counts them misses events.
# Guard: a notification only wakes; what happened is read from a table, or each carries a number of its own.
set -euo pipefail
npm_packages=(@electric-sql/pglite@0.5.17)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { PGlite } from '@electric-sql/pglite';

const db = new PGlite();
let got = [];
await db.listen('sessions', (text) => got.push(text));
const notify = async (...texts) => {
  got = [];
  await db.transaction(async (tx) => {
    for (const text of texts) await tx.query(`select pg_notify('sessions', $1)`, [text]);
  });
  return got.join(' ');
};
const [same, different] = [await notify('ended', 'ended'), await notify('ended 1', 'ended 2')];
console.log(`seen     twice "ended": ${same}\n         "ended 1" and "ended 2": ${different}`);
process.exit(same === 'ended' && different === 'ended 1 ended 2' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    each NOTIFY of a committed transaction arrives
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
