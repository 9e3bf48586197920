#!/usr/bin/env bash
# date-holidays lets the feasts of the Islamic and Hebrew calendars begin at 18:00 the evening before and end at 18:00,
# where the law frees whole days: at 20:00 on the last day of the feast in Egypt isHoliday says no, at 20:00 on the
# eve it says yes. The text of the date ends in -0600, which is these six hours and no zone: Date reads another instant
# from it than start.
# Guard: holidays by the day in the text's first ten characters and the length in days, never by isHoliday at an
# instant or by Date of the text.
set -euo pipefail
npm_packages=(date-holidays@3.37.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import Holidays from 'date-holidays';

const egypt = new Holidays('EG');
const feast = egypt.getHolidays(2026).find(({ type, rule }) => type === 'public' && rule.startsWith('1 Shawwal'));
const cairo = (day, hour) => new Date(`2026-03-${day}T${hour}:00:00+02:00`);
const free = (day, hour) => Boolean(egypt.isHoliday(cairo(day, hour)));
const days = ['19', '20', '21', '22'].map((day) => [free(day, '12'), free(day, '20')]);
console.log(`seen     "${feast.date}", start ${feast.start.toISOString()}, Date of the text ${new Date(feast.date).toISOString()}`);
console.log(`         noon and 20:00 in Cairo on 19 to 22 March: ${days.map((pair) => pair.join('/')).join(' ')}`);
const other = new Date(feast.date).getTime() !== feast.start.getTime();
const evenings = days.join() === 'false,true,true,true,true,true,true,false';
process.exit(other && evenings && feast.date === '2026-03-20 00:00:00 -0600' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    a feast of three days is free from midnight on 20 March to midnight after the 22nd, and the date is its start
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
