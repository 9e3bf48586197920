#!/usr/bin/env bash
# openadr3 reads the duration P9999Y, with which OpenADR says that an interval has no end, but then adds it to the
# start and raises, since no year 12025 exists in Python: one such interval makes the whole event unreadable, prices
# and all.
# Guard: know OpenADR's special values by name before any arithmetic, and keep one bad interval from losing its event.
set -euo pipefail
pip_packages=(openadr3==0.5.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cat > probe.py <<'EOF'
import sys

from openadr3 import coerce
from openadr3.time import parse_duration


def outcome(duration):
    period = {'start': '2026-06-01T00:00:00Z', 'duration': duration}
    interval = {'id': 0, 'intervalPeriod': period, 'payloads': [{'type': 'PRICE', 'values': [0.17]}]}
    event = {'objectType': 'EVENT', 'id': 'e', 'programID': 'p', 'eventName': 'prices', 'intervals': [interval]}
    try:
        return f'price {coerce(event).intervals[0].payloads[0].values[0]}'
    except ValueError as error:
        return f'ValueError: {error}'


hour, endless = outcome('PT1H'), outcome('P9999Y')
print(f'seen     PT1H: {hour}\n         P9999Y: {endless}, though the duration alone reads as {parse_duration("P9999Y").years} years')
sys.exit(0 if hour == 'price 0.17' and endless.startswith('ValueError') else 1)
EOF
echo "package  ${pip_packages[*]}"
cat <<'EOF'
guess    an event that lasts until further notice is read with its payloads and an open end
EOF
venv/bin/python probe.py || { echo 'no longer seen'; exit 1; }
