#!/usr/bin/env bash
# Node brings its own time zone data and does not read the system's or another package's. Its 2025 edition still moves
# the clocks of Alberta and British Columbia in the winter of 2026/27, PyPI's current edition does not: two services
# price the same instant an hour apart.
# Guard: record the edition of the zone data with a price, compute local times in one place, compare editions at
# start.
set -euo pipefail
pip_packages=(tzdata==2026.6)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cat > probe.mjs <<'EOF'
const at = new Date('2027-01-15T12:00:00Z');
for (const timeZone of ['America/Edmonton', 'America/Vancouver', 'Europe/Berlin'])
  console.log(timeZone, at.toLocaleTimeString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }));
EOF
cat > probe.py <<'EOF'
import datetime
import zoneinfo

zoneinfo.reset_tzpath(to=[])
at = datetime.datetime(2027, 1, 15, 12, tzinfo=datetime.timezone.utc)
for zone in ('America/Edmonton', 'America/Vancouver', 'Europe/Berlin'):
    print(zone, at.astimezone(zoneinfo.ZoneInfo(zone)).strftime('%H:%M'))
EOF
echo "package  ${pip_packages[*]}"
cat <<'EOF'
guess    in January 2027 Node and Python agree on the local time in Edmonton, Vancouver and Berlin
EOF
echo "seen     Node $(node -p process.version) with $(node -p process.versions.tz), Python with tzdata 2026f:"
paste <(node probe.mjs) <(venv/bin/python probe.py) | tee seen.txt | sed 's/^/         /'
diff seen.txt - <<<"America/Edmonton 05:00	America/Edmonton 06:00
America/Vancouver 04:00	America/Vancouver 05:00
Europe/Berlin 13:00	Europe/Berlin 13:00" >/dev/null || { echo 'no longer seen'; exit 1; }
