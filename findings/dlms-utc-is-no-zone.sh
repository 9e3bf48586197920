#!/usr/bin/env bash
# A meter whose clock is in UTC sends deviation 0 with its readings (DLMS/COSEM). dlms-cosem takes the 0 for "not
# specified" and gives a time without a zone, and writes the same time again as one that is not specified. A series
# across the spring change in Lisbon or London begins without and goes on with a zone.
# Guard: read the two bytes of the deviation yourself: 0 is UTC, 8000 hex is unknown; refuse to compare times without
# a zone.
set -euo pipefail
pip_packages=(dlms-cosem==25.1.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cat > probe.py <<'EOF'
import sys

from dlms_cosem.time import datetime_from_bytes, datetime_to_bytes

lisbon = {'winter, deviation 0': '07ea031dff003b0000000000', 'summer, deviation -60': '07ea031dff020f0000ffc400'}
seen = []
for name, sent in lisbon.items():
    time, _ = datetime_from_bytes(bytes.fromhex(sent))
    again = datetime_to_bytes(time).hex()
    seen.append((time.tzinfo is None, again[18:22]))
    print(f'{"seen    " if len(seen) == 1 else "        "} {name}: {time.isoformat()}, written again with deviation {again[18:22]}')
sys.exit(0 if seen == [(True, '8000'), (False, 'ffc4')] else 1)
EOF
echo "package  ${pip_packages[*]}"
cat <<'EOF'
guess    deviation 0 is a time in UTC, as -60 is one an hour ahead, and both are written as they were read
EOF
venv/bin/python probe.py || { echo 'no longer seen'; exit 1; }
