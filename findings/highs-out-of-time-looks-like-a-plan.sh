#!/usr/bin/env bash
# A HiGHS search that is stopped by its time limit before it has found anything still gives a value of 0 for every
# variable, although 0 breaks the rows; a model without a solution gives none.
# Guard: take a plan only when the status says so, and check it against the rows.
set -euo pipefail
npm_packages=(highs@1.15.3)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import highs from 'highs';

const instance = await highs();
const rows = 'c1: x + y >= 3.5\n c2: x - y >= 1.5';
const stopped = instance.solve(`Minimize\n obj: x + y\nSubject To\n ${rows}\nGeneral\n x y\nEnd`, { time_limit: 0 });
const infeasible = instance.solve('Minimize\n obj: x\nSubject To\n c1: x >= 4\nBounds\n x <= 1\nEnd');
const values = ({ Columns }) => Object.values(Columns).map(({ Primal }) => String(Primal));
console.log(`seen     ${stopped.Status}: x, y = ${values(stopped)}, objective ${stopped.ObjectiveValue}`);
console.log(`         ${infeasible.Status}: x = ${values(infeasible)}`);
const noValue = Number.isFinite(infeasible.Columns.x.Primal) === false;
process.exit(stopped.Status === 'Time limit reached' && values(stopped).join() === '0,0' && noValue ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    no solution found means no values, as with an infeasible model
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
