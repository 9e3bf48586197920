#!/usr/bin/env bash
# A tariff with quarters of a day has a peak from 18:00 to 24:00. pandas and polars, given local times with their zone,
# put the blocks an hour later from the day the clocks go forward to the end of the table; DuckDB, with the session's
# zone set, begins them by UTC, and its days too.
# Guard: name the block of each reading by its local hour and date and group by that; never a bucket of a fixed length.
set -euo pipefail
pip_packages=(pandas==3.0.3 numpy==2.4.6 polars==2.1.0 duckdb==2.0.1 pytz==2026.1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cat > probe.py <<'EOF'
import sys
from zoneinfo import ZoneInfo

import duckdb
import pandas
import polars

zone = 'Europe/Berlin'
times = pandas.date_range('2026-03-28', '2026-04-01', freq='15min', tz=zone, inclusive='left')


def hours(begins):
    local = [begin.astimezone(ZoneInfo(zone)) for begin in begins]
    return ['/'.join(begin.strftime('%H') for begin in local if begin.day == day) for day in (28, 29, 30, 31)]


kwh = pandas.Series(1.0, index=times)
table = polars.DataFrame({'at': [time.to_pydatetime() for time in times.tz_convert('UTC')]})
table = table.with_columns(polars.col('at').dt.convert_time_zone(zone), kwh=polars.lit(1.0))
base = duckdb.connect()
base.execute(f"set timezone = '{zone}'")
base.execute("create table reading as select unnest(generate_series(timestamptz '2026-03-28', timestamptz '2026-03-31 23:45', interval 15 minute)) at_time")
buckets = base.execute("select distinct time_bucket(interval 6 hour, at_time) from reading order by 1").fetchall()
seen = {
    'pandas': hours(kwh.resample('6h').sum().index),
    'polars': hours(table.group_by_dynamic('at', every='6h').agg(polars.col('kwh').sum())['at']),
    'DuckDB': hours(begin for (begin,) in buckets),
}
print('seen     hours at which blocks begin on 28, 29 (clocks go forward), 30 and 31 March')
for name, days in seen.items():
    print(f'         {name} {"  ".join(days)}')
drifts = ['00/06/12/18', '00/07/13/19', '01/07/13/19', '01/07/13/19']
utc = ['01/07/13/19', '01/08/14/20', '02/08/14/20', '02/08/14/20']
sys.exit(0 if seen == {'pandas': drifts, 'polars': drifts, 'DuckDB': utc} else 1)
EOF
echo "package  ${pip_packages[*]}"
cat <<'EOF'
guess    six-hour blocks of local times begin at 00, 06, 12 and 18 each day, one of them an hour short on 29 March
EOF
venv/bin/python probe.py || { echo 'no longer seen'; exit 1; }
