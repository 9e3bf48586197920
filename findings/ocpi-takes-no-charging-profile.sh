#!/usr/bin/env bash
# The charging profile of extrawest-ocpi wants a field that OCPI does not have (min_charge_rate, for the optional
# min_charging_rate) and one period where OCPI has a list of them: no profile that follows the specification is taken,
# and what the package itself sends follows it in no case.
# Guard: a refused profile is a limit that does not hold at that partner; keep the limit at one's own grid connection.
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

from py_ocpi.modules.chargingprofiles.v_2_2_1.schemas import ChargingProfile
from pydantic import ValidationError

period = {'start_period': 0, 'limit': 16.0}
followed = {'charging_rate_unit': 'A', 'min_charging_rate': 6.0, 'charging_profile_period': [period]}


def outcome(profile):
    try:
        return ChargingProfile(**profile).json(exclude_none=True)
    except ValidationError as error:
        return 'refused, ' + '; '.join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())


seen = {
    'as the specification has it': outcome(followed),
    'without the optional field': outcome({'charging_rate_unit': 'A', 'charging_profile_period': [period]}),
    'as the package wants it': outcome({'charging_rate_unit': 'A', 'min_charge_rate': 6.0, 'charging_profile_period': period}),
}
print('seen     ' + '\n         '.join(f'{what}: {came}' for what, came in seen.items()))
came = list(seen.values())
refused = came[0].startswith('refused') and came[1].startswith('refused')
sys.exit(0 if refused and json.loads(came[2])['charging_profile_period'] == period else 1)
EOF
echo "package  ${pip_packages[*]}"
cat <<'EOF'
guess    a charging profile of OCPI 2.2.1 with a list of one period is taken
EOF
venv/bin/python probe.py || { echo 'no longer seen'; exit 1; }
