#!/usr/bin/env bash
# A statement line of MT940 has the value date with its year and the booking date without. Of a payment booked on 31
# December with value 2 January two of three readers say that it was booked at the end of the next year, a year after
# the statement was made.
# Guard: the booking date's year is the one that brings it nearest to the value date, and never after the statement.
set -euo pipefail
npm_packages=(mt940-js@1.0.0 mt940js@1.3.5 tslib@2.8.1)
pip_packages=(mt-940==5.1.1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cat > statement.txt <<'EOF'
:20:STATEMENT
:25:10020030/1234567
:28C:1/1
:60F:C261230EUR100,00
:61:2701021231C40,00NTRFBILL7
:86:booked on the last day of the year
:62F:C261231EUR140,00
-
EOF
cat > probe.mjs <<'EOF'
import { readFileSync } from 'node:fs';
import { read } from 'mt940-js';
import { Parser } from 'mt940js';

const text = readFileSync('statement.txt');
const [first] = await read(text);
const [second] = new Parser().parse(String(text));
console.log('mt940-js', first.transactions[0].entryDate);
console.log('mt940js', second.transactions[0].entryDate.toISOString().slice(0, 10));
EOF
cat > probe.py <<'EOF'
import mt940

(entry,) = mt940.parse(open('statement.txt').read())
print('mt-940', entry.data['entry_date'])
EOF
echo "package  ${npm_packages[*]} ${pip_packages[*]}"
cat <<'EOF'
guess    booked on 31 December 2026, as the statement of that day can say nothing else
EOF
{ node probe.mjs; venv/bin/python probe.py; } | tee seen.txt | sed '1s/^/seen     /; 2,$s/^/         /'
diff -q seen.txt - <<<"mt940-js 2027-12-31
mt940js 2027-12-31
mt-940 2026-12-31" >/dev/null || { echo 'no longer seen'; exit 1; }
