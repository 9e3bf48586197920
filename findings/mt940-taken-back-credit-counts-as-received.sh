#!/usr/bin/env bash
# A bank that takes a credit back writes RC in its statement (MT940), one that gives a debit back writes RD. Two of
# three readers take the sign from D and C alone: the credit taken back counts as received once more, and what they
# read does not lead from the opening balance to the closing one.
# Guard: opening balance and entries must give the closing balance before anything is matched; a test file has an RC
# and an RD in it.
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
:60F:C261101EUR100,00
:61:2611021102C40,00NTRFBILL7
:86:received
:61:2611021102RC40,00NTRFBILL7
:86:taken back
:61:2611021102RD15,00NTRFBILL3
:86:given back
:62F:C261102EUR115,00
-
EOF
cat > probe.mjs <<'EOF'
import { readFileSync } from 'node:fs';
import { read } from 'mt940-js';
import { Parser } from 'mt940js';

const text = readFileSync('statement.txt');
const [first] = await read(text);
const [second] = new Parser().parse(String(text));
const total = (amounts) => 100 + amounts.reduce((sum, amount) => sum + amount, 0);
console.log('mt940-js', total(first.transactions.map(({ isCredit, amount }) => (isCredit ? amount : -amount))));
console.log('mt940js', total(second.transactions.map(({ amount }) => amount)));
EOF
cat > probe.py <<'EOF'
import mt940

entries = mt940.parse(open('statement.txt').read())
print('mt-940', 100 + sum(entry.data['amount'].amount for entry in entries))
EOF
echo "package  ${npm_packages[*]} ${pip_packages[*]}"
cat <<'EOF'
guess    100 and the entries 40, 40 taken back and 15 given back are 115, the closing balance, in every reader
EOF
{ node probe.mjs; venv/bin/python probe.py; } | tee seen.txt | sed '1s/^/seen     /; 2,$s/^/         /'
diff -q seen.txt - <<<"mt940-js 165
mt940js 115
mt-940 195.00" >/dev/null || { echo 'no longer seen'; exit 1; }
