#!/usr/bin/env bash
# The same three expressions in three embedded databases: 7/2 is 3 or 3.5, 2.5 cast to an integer is 3 or 2, and
# PostgreSQL rounds 2.5 to 3 or to 2 by the type that it has.
# Guard: no division or rounding of money in SQL: integers in, integers out, rounding in code that names its mode.
set -euo pipefail
npm_packages=(@electric-sql/pglite@0.5.17 sql.js@1.17.0 @duckdb/node-api@1.5.6-r.1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { PGlite } from '@electric-sql/pglite';
import { DuckDBInstance } from '@duckdb/node-api';
import initSqlJs from 'sql.js';

const text = 'select 7/2 as a, cast(2.5 as integer) as b, round(2.5) as c, round(cast(2.5 as double precision)) as d';
const postgres = Object.values((await new PGlite().query(text)).rows[0]);
const sqlite = new (await initSqlJs()).Database().exec(text)[0].values[0];
const duck = Object.values((await (await (await DuckDBInstance.create()).connect()).runAndReadAll(text)).getRowObjectsJson()[0]);
const seen = { PostgreSQL: postgres, SQLite: sqlite, DuckDB: duck };
for (const [name, [a, b, c, d]] of Object.entries(seen))
  console.log(`${name === 'PostgreSQL' ? 'seen    ' : '        '} ${name}: 7/2 ${a}, cast ${b}, round ${c}, of a double ${d}`);
process.exit([postgres, sqlite, duck].map((row) => row.map(Number).join()).join(' ') === '3,3,3,2 3,2,3,3 3.5,3,3,3' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    7/2, cast(2.5 as integer) and round(2.5) are the same in PostgreSQL, SQLite and DuckDB
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
