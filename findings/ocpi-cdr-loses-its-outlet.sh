#!/usr/bin/env bash
# The CDR of extrawest-ocpi has no place for evse_uid, which OCPI 2.2.1 requires in cdr_location: a record that is read
# and passed on is one that a partner who checks has to refuse, and which outlet it was is known by evse_id alone.
# Guard: records that are passed on are kept as the text that came.
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

from py_ocpi.modules.cdrs.v_2_2_1.schemas import CdrLocation

required = {
    'id': 'L1', 'address': 'Quay 7', 'city': 'Emden', 'country': 'DEU',
    'coordinates': {'latitude': '53.36611', 'longitude': '7.20778'}, 'evse_uid': 'E1', 'evse_id': 'DE*ABC*E1',
    'connector_id': '1', 'connector_standard': 'IEC_62196_T2', 'connector_format': 'SOCKET',
    'connector_power_type': 'AC_3_PHASE',
}
back = json.loads(CdrLocation(**required).json(exclude_none=True))
lost = sorted(set(required) - set(back))
print(f"seen     of {len(required)} fields that are required, {', '.join(lost) or 'none'} is lost")
sys.exit(0 if lost == ['evse_uid'] else 1)
EOF
echo "package  ${pip_packages[*]}"
cat <<'EOF'
guess    what the specification requires of a CDR's location is there after it was read and written again
EOF
venv/bin/python probe.py || { echo 'no longer seen'; exit 1; }
