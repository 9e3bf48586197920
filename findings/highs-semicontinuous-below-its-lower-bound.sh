#!/usr/bin/env bash
# A semi-continuous variable of HiGHS, one that is 0 or between its bounds, comes back as Type Continuous with Lower 6
# and value 0: a check of a plan by what the result says about its own columns calls a right plan wrong.
# Guard: keep the kind of each variable with the model and check plans against that, not against the result's columns.
set -euo pipefail
npm_packages=(highs@1.15.3)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import highs from 'highs';

const text = `Maximize
 obj: 3 a + b
Subject To
 feeder: a + b <= 14
 price: 5 a + b <= 12
Bounds
 6 <= a <= 16
 0 <= b <= 16
Semi-Continuous
 a
End`;
const { Status, Columns } = (await highs()).solve(text);
const { Type, Lower, Primal } = Columns.a;
console.log(`seen     ${Status}, a is ${Type}, Lower ${Lower}, value ${Primal}; b is ${Columns.b.Primal}`);
process.exit(Status === 'Optimal' && Type === 'Continuous' && Lower === 6 && Primal === 0 ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    the result says SemiContinuous, or a value is never below the Lower beside it
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
