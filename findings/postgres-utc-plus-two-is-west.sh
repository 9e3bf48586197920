#!/usr/bin/env bash
# PostgreSQL reads the zone UTC+2 in the old way, where plus is west of Greenwich: it subtracts two hours where a
# tariff for UTC+2 wants two more. The same offset in a timestamp's own text adds them.
# Guard: only names from the zone data base, or an interval, and a test with a known local time.
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
const ask = async (text) => (await db.query(`select to_char(${text}, 'HH24:MI') as clock`)).rows[0].clock;
const noon = `timestamptz '2026-06-01 12:00:00+00'`;
const zone = await ask(`${noon} at time zone 'UTC+2'`);
const interval = await ask(`${noon} at time zone interval '+02:00'`);
const written = await ask(`timestamptz '2026-06-01 14:00:00+02' at time zone 'UTC'`);
console.log(`seen     'UTC+2' ${zone}, interval '+02:00' ${interval}, 14:00:00+02 is ${written} in UTC`);
process.exit(zone === '10:00' && interval === '14:00' && written === '12:00' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    noon in UTC is 14:00 at time zone 'UTC+2'
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
