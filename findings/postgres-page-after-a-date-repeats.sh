#!/usr/bin/env bash
# PostgreSQL keeps microseconds, a JavaScript Date milliseconds. A list paged by 'where at > the last one seen' gives
# the same row again, and a page for 'where at = it' finds nothing.
# Guard: page by the text of the timestamp or by a number that the row has, not by a Date; or store timestamptz(3).
set -euo pipefail
npm_packages=(@electric-sql/pglite@0.5.17 pg-types@4.1.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { PGlite } from '@electric-sql/pglite';
import types from 'pg-types';

const parse = types.getTypeParser(types.builtins.TIMESTAMPTZ);
const db = new PGlite({ parsers: { [types.builtins.TIMESTAMPTZ]: parse } });
await db.exec(`create table reading (wh int, at timestamptz); insert into reading values
  (100, '2026-06-01 12:00:00.123456+00'), (200, '2026-06-01 12:00:00.987654+00')`);
const page = async (condition, at) =>
  (await db.query(`select wh, at from reading where ${condition} order by at limit 1`, [at])).rows;
const [first] = await page('at > $1', new Date(0));
const [next] = await page('at > $1', first.at);
const equal = await page('at = $1', first.at);
console.log(`seen     first ${first.wh}, next ${next.wh}, rows at the first one's own time: ${equal.length}`);
process.exit(first.wh === 100 && next.wh === 100 && equal.length === 0 ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    the rows after the last row seen do not include it
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
