#!/usr/bin/env bash
# On the day the clocks go forward there is no 02:30. One cron package runs that job at 03:00, the other at 03:30, and
# of a job for every second hour one of them makes an extra run at 03:00.
# Guard: switch tariffs at instants computed once, in UTC, and not by a cron line in local time; or test the day in
# the product's own zones.
set -euo pipefail
npm_packages=(croner@11.0.1 cron-parser@5.10.6)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { Cron } from 'croner';
import { CronExpressionParser } from 'cron-parser';

const timezone = 'America/New_York';
const clock = (at) => at.toLocaleTimeString('en-GB', { timeZone: timezone, hour: '2-digit', minute: '2-digit' });
const runs = (line, from) => {
  const first = new Cron(line, { timezone, paused: true }).nextRuns(3, from);
  const second = CronExpressionParser.parse(line, { tz: timezone, currentDate: from });
  return [first.map(clock).join(' '), [1, 2, 3].map(() => clock(second.next().toDate())).join(' ')];
};
const daily = runs('30 2 * * *', new Date('2026-03-07T12:00:00-05:00'));
const everySecond = runs('0 */2 * * *', new Date('2026-03-08T00:45:00-05:00'));
console.log(`seen     30 2 * * *   croner ${daily[0]}  cron-parser ${daily[1]}`);
console.log(`         0 */2 * * *  croner ${everySecond[0]}  cron-parser ${everySecond[1]}`);
const seen = [...daily, ...everySecond].join('|');
process.exit(seen === '03:00 02:30 02:30|03:30 02:30 02:30|04:00 06:00 08:00|03:00 04:00 06:00' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    two cron packages with a time zone option run the same line at the same instants
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
