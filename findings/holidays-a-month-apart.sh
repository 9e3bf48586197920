#!/usr/bin/env bash
# Two packages that list public holidays agree on Georgia's except one: the State Holiday of 2026 is 27 April in the
# one and 3 April in the other. A time-of-use tariff has its cheap day on different dates.
# Guard: off-peak days of a tariff are data of the utility, with a source, not of a package.
set -euo pipefail
npm_packages=(date-holidays@3.37.0)
pip_packages=(holidays==0.109)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cat > probe.mjs <<'EOF'
import Holidays from 'date-holidays';

for (const { date, type } of new Holidays('US', 'GA').getHolidays(2026))
  if (type === 'public') console.log(date.slice(0, 10));
EOF
cat > probe.py <<'EOF'
import holidays

for day in sorted(holidays.country_holidays('US', subdiv='GA', years=2026)):
    print(day)
EOF
echo "package  ${npm_packages[*]} ${pip_packages[*]}"
cat <<'EOF'
guess    two holiday packages have the same days for one US state
EOF
node probe.mjs | sort >npm.txt
venv/bin/python probe.py | sort >pypi.txt
echo "seen     days in both: $(comm -12 npm.txt pypi.txt | wc -l)"
echo "         only date-holidays: $(comm -23 npm.txt pypi.txt | xargs), only holidays: $(comm -13 npm.txt pypi.txt | xargs)"
[ "$(comm -23 npm.txt pypi.txt)" = 2026-04-27 ] && [ "$(comm -13 npm.txt pypi.txt)" = 2026-04-03 ] || { echo 'no longer seen'; exit 1; }
