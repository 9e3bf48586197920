#!/usr/bin/env bash
# The pg driver gives a numeric as exact text, but the elements of a numeric array as JavaScript numbers, rounded to 16
# digits; of an array of bigint the elements stay text. An array of a domain over numeric is one text with braces. A
# query that gathers the amounts of a bill with array_agg changes them.
# Guard: no arrays of numeric in a query: rows, or array_agg(amount::text); a test reads an amount of 19 digits back.
set -euo pipefail
npm_packages=(pg@8.23.1 @electric-sql/pglite@0.5.17 @electric-sql/pglite-socket@0.2.17)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --legacy-peer-deps --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { createServer } from 'node:net';
import { once } from 'node:events';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import pg from 'pg';

const free = createServer().listen(0, '127.0.0.1');
await once(free, 'listening');
const { port } = free.address();
await new Promise((resolve) => free.close(resolve));
const server = new PGLiteSocketServer({ db: await PGlite.create(), host: '127.0.0.1', port });
await server.start();
const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', password: 'none' });
await client.connect();
await client.query('create domain money_amount as numeric; create table line (amount numeric, micros bigint)');
await client.query(`insert into line values (12345678901234567.89, 9007199254740993)`);
const { rows } = await client.query(`select max(amount) as one, array_agg(amount) as many, array_agg(micros) as whole,
  array_agg(amount::money_amount) as domain from line`);
const [{ one, many, whole, domain }] = rows;
const kind = (value) => `${JSON.stringify(value)} (${typeof value})`;
console.log(`seen     one amount ${kind(one)}, in a list ${kind(many[0])}`);
console.log(`         a bigint in a list ${kind(whole[0])}, a list of the domain ${kind(domain)}`);
const exact = '12345678901234567.89';
const asSeen = one === exact && many[0] === 12345678901234568 && whole[0] === '9007199254740993' && domain === `{${exact}}`;
process.exit(asSeen ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    an amount is "12345678901234567.89" by itself and as the element of a list
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
