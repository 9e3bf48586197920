#!/usr/bin/env bash
# The ocpp package turns the names of fields into Python's style and back, and does not stop at what a vendor defines:
# `data` of a DataTransfer and `customData` reach the handler with other keys (pricePerKWh as price_per_k_wh, L1 as
# l1), and what the handler answers goes out with other keys too, without those whose value is null.
# Guard: vendors' own data as one text of JSON, or keys that are one lower-case word.
set -euo pipefail
pip_packages=(ocpp==2.1.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cat > probe.py <<'EOF'
import asyncio
import json
import sys

from ocpp.routing import on
from ocpp.v201 import ChargePoint, call_result

heard, sent = [], []


class Connection:
    async def send(self, text):
        sent.append(json.loads(text))


class Station(ChargePoint):
    @on('DataTransfer')
    async def answer(self, vendor_id, data, custom_data):
        heard.append((data, custom_data))
        return call_result.DataTransfer(status='Accepted', data={'tariff_ID': 'A-1', 'until': None})


told = {
    'vendorId': 'com.example',
    'data': {'pricePerKWh': 0.35, 'L1': {'Vmax': 253}},
    'customData': {'vendorId': 'com.example', 'meterID': 'M1'},
}
asyncio.run(Station('station', Connection()).route_message(json.dumps([2, '1', 'DataTransfer', told])))
(data, custom_data), answer = heard[0], sent[0][2]['data']
print(f"seen     data {json.dumps(told['data'])} is {json.dumps(data)}")
print(f"         customData {json.dumps(told['customData'])} is {json.dumps(custom_data)}")
print(f"         the answer's data {{'tariff_ID': 'A-1', 'until': None}} goes out as {json.dumps(answer)}")
renamed = data == {'price_per_k_wh': 0.35, 'l1': {'vmax': 253}} and 'meter_id' in custom_data
sys.exit(0 if renamed and answer == {'tariffID': 'A-1'} else 1)
EOF
echo "package  ${pip_packages[*]}"
cat <<'EOF'
guess    only fields of the protocol get Python's names; what a vendor puts into them arrives as it was sent
EOF
venv/bin/python probe.py || { echo 'no longer seen'; exit 1; }
