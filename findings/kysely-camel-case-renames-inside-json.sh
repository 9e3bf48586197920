#!/usr/bin/env bash
# The plugin of kysely that writes contractId for the column contract_id also renames the keys inside a jsonb value, but
# only when it is read: a record comes back with other keys than it was stored with, and its hash and signature fail.
# Two columns x1 and x_1 become one, with the value of the last.
# Guard: no such plugin, or maintainNestedObjectKeys: true; signed texts in a column of type text; no two columns that
# differ by an underscore.
set -euo pipefail
npm_packages=(kysely@0.28.18 kysely-pglite-dialect@1.3.1 @electric-sql/pglite@0.5.17)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --legacy-peer-deps --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { PGlite } from '@electric-sql/pglite';
import { CamelCasePlugin, Kysely, sql } from 'kysely';
import { PGliteDialect } from 'kysely-pglite-dialect';

const base = new Kysely({ dialect: new PGliteDialect(new PGlite()), plugins: [new CamelCasePlugin()] });
await sql`create table session (signed_record jsonb, x1 int, x_1 int)`.execute(base);
const signedRecord = JSON.stringify({ contract_id: 'DE8ACC12E46L89', registers: [{ l1_wh: 5 }] });
await base.insertInto('session').values({ signedRecord }).execute();
await sql`update session set x1 = 1, x_1 = 2`.execute(base);
const row = await base.selectFrom('session').selectAll().executeTakeFirstOrThrow();
const { rows } = await sql`select signed_record::text as text from session`.execute(base);
console.log(`seen     stored: ${rows[0].text}\n         read:   ${JSON.stringify(row)}`);
const renamed = row.signedRecord.contractId === 'DE8ACC12E46L89' && row.signedRecord.registers[0].l1Wh === 5;
process.exit(renamed && rows[0].text.includes('contract_id') && row.x1 === 2 ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    names of columns are renamed both ways; what is inside a jsonb value is read as it was stored
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
