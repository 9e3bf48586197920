#!/usr/bin/env bash
# HiGHS reads a constant beside the variables of a row and forgets it, while one in the objective counts. A limit
# written as load + 30 <= 100 allows 100 on top of the 30.
# Guard: move constants to the right yourself, and check each plan against the limits with code of your own.
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
const plan = (row) => {
  const text = `Maximize\n obj: x + 5\nSubject To\n limit: ${row}\nEnd`;
  const { Status, ObjectiveValue, Columns } = instance.solve(text);
  return `${Status}, x ${Columns.x.Primal}, objective ${ObjectiveValue}`;
};
const [left, right] = [plan('x + 30 <= 100'), plan('x <= 70')];
console.log(`seen     x + 30 <= 100: ${left}\n         x <= 70: ${right}`);
process.exit(left === 'Optimal, x 100, objective 105' && right === 'Optimal, x 70, objective 75' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    x + 30 <= 100 allows x = 70, as obj: x + 5 counts the 5
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
