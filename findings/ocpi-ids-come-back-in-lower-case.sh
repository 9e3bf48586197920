#!/usr/bin/env bash
# The OCPI models of extrawest-ocpi give back every CiString in lower case and cut fractions of seconds: what a
# partner sent as DE and Tariff-A1 goes on as de and tariff-a1, and last_updated is earlier than it was.
# Guard: compare ids without case but send them as they came; compare last_updated with the tolerance of a second.
set -euo pipefail
pip_packages=(extrawest-ocpi==2025.7.16)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cat > probe.py <<'EOF'
import json
import sys

from py_ocpi.modules.tariffs.v_2_2_1.schemas import Tariff

sent = {
    'country_code': 'DE', 'party_id': 'ALL', 'id': 'Tariff-A1', 'currency': 'EUR',
    'elements': [{'price_components': [{'type': 'ENERGY', 'price': 0.25, 'step_size': 1}]}],
    'last_updated': '2026-06-29T20:39:09.900Z',
}
back = json.loads(Tariff(**sent).json())
fields = ('country_code', 'party_id', 'id', 'last_updated')
print('seen     ' + '\n         '.join(f'{field}: {sent[field]} is {back[field]}' for field in fields))
sys.exit(0 if [back[field] for field in fields] == ['de', 'all', 'tariff-a1', '2026-06-29T20:39:09Z'] else 1)
EOF
echo "package  ${pip_packages[*]}"
cat <<'EOF'
guess    a tariff that is read and written again has the ids and the time that it had
EOF
venv/bin/python probe.py || { echo 'no longer seen'; exit 1; }
