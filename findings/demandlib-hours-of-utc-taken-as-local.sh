#!/usr/bin/env bash
# The standard load profiles of demandlib (BDEW, German households and trades) look at the hour that a time shows and not
# at its zone: for times in UTC the evening peak of a June day, 19:30 in Germany, comes at 19:30 UTC, two hours late.
# A forecast that is summed with meter values in UTC is wrong by two hours in summer, one in winter.
# Guard: convert to the grid's local time before and back after; a test finds the peak of a known day in UTC.
set -euo pipefail
pip_packages=(demandlib==0.2.2 pandas==3.0.3 numpy==2.4.6)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cat > probe.py <<'EOF'
import sys
import warnings

warnings.simplefilter('ignore')
import pandas
from demandlib.bdew import H25

local = pandas.date_range('2026-06-22', '2026-06-23', freq='15min', tz='Europe/Berlin', inclusive='left')
utc = pandas.date_range(local[0].tz_convert('UTC'), periods=len(local), freq='15min')
peaks = [H25(times).idxmax().tz_convert('UTC') for times in (local, utc)]
print(f'seen     the same day asked in local time: peak at {peaks[0]:%H:%M} UTC, asked in UTC: {peaks[1]:%H:%M} UTC')
sys.exit(0 if [f'{peak:%H:%M}' for peak in peaks] == ['17:30', '19:30'] else 1)
EOF
echo "package  ${pip_packages[*]}"
cat <<'EOF'
guess    the same instants, written in local time or in UTC, have the same load
EOF
venv/bin/python probe.py || { echo 'no longer seen'; exit 1; }
