#!/usr/bin/env bash
# The Australian market names a five-minute interval by its end. aemo-to-tariff knows that when it prices what is
# bought: the evening rate begins with the interval that ends at 15:05. What is fed in gets its evening reward from the
# interval that ends at 16:00 on, five minutes that lie before it.
# Guard: turn names of intervals into starts once, where they are read, and price both directions by the start; a test
# has the intervals on both sides of each edge.
set -euo pipefail
pip_packages=(aemo-to-tariff==0.7.28 tzdata==2026.2)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cat > probe.py <<'EOF'
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aemo_to_tariff import spot_to_feed_in_tariff, spot_to_tariff

losses = {'dlf': 1, 'mlf': 1, 'market': 1}
midday = datetime(2026, 1, 15, 12, 0, tzinfo=ZoneInfo('Australia/Sydney'))
ends = [midday + timedelta(minutes=5 * count) for count in range(72)]


def first_of_the_dearest(price):
    prices = [price(end) for end in ends]
    return f'{ends[prices.index(max(prices))]:%H:%M}'


bought = first_of_the_dearest(lambda end: spot_to_tariff(end, 'Ausgrid', 'EA025', 100, **losses))
fed_in = first_of_the_dearest(lambda end: spot_to_feed_in_tariff(end, 'Ausgrid', 'EA029', 100, **losses))
print(f'seen     evening rate from 15:00: first in the interval that ends {bought}')
print(f'         evening reward from 16:00: first in the interval that ends {fed_in}')
sys.exit(0 if (bought, fed_in) == ('15:05', '16:00') else 1)
EOF
echo "package  ${pip_packages[*]}"
cat <<'EOF'
guess    both begin in the interval that ends five minutes after the full hour, 15:05 and 16:05
EOF
venv/bin/python probe.py || { echo 'no longer seen'; exit 1; }
