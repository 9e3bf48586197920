#!/usr/bin/env bash
# HiGHS stops at a relative gap of 0.01 % of the objective, and a constant in the objective counts: with a standing
# charge of 100,000,000 beside energy for 35,900 a plan of 40,520 is Optimal. The rows and the prices are the same.
# Guard: no constants in the objective and small units, mip_rel_gap 0 (or an absolute gap), and the plan's cost
# compared with that of the rule that it is to beat.
set -euo pipefail
npm_packages=(highs@1.15.3)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import highs from 'highs';

const prices = [310, 180, 240, 150];
const needs = [36, 28, 48, 40, 32];
const cars = needs.map((need, car) => ({ need, slots: prices.map((price, slot) => ({ price, x: `x${car}_${slot}`, on: `on${car}_${slot}` })) }));
const all = cars.flatMap(({ slots }) => slots);
const list = (slots, name) => slots.map((slot) => slot[name]).join(' + ');
const model = (standing) => `Minimize
 obj: ${all.map(({ price, x, on }) => `${price} ${x} + 40 ${on}`).join(' + ')} + ${standing}
Subject To
${cars.map(({ need, slots }) => ` ${list(slots, 'x')} >= ${need}`).join('\n')}
${prices.map((_, slot) => ` ${list(cars.map(({ slots }) => slots[slot]), 'x')} <= 60`).join('\n')}
${all.map(({ x, on }) => ` ${x} - 32 ${on} <= 0\n ${x} - 6 ${on} >= 0`).join('\n')}
General
 ${all.map(({ x }) => x).join(' ')}
Binary
 ${all.map(({ on }) => on).join(' ')}
End`;
const instance = await highs();
const plan = (standing, options) => {
  const { Status, ObjectiveValue } = instance.solve(model(standing), options);
  return [Status, Math.round(ObjectiveValue - standing)];
};
const seen = [plan(0), plan(1e8), plan(1e8, { mip_rel_gap: 0 })];
const [without, beside, exact] = seen.map(([status, cost]) => `${status}, energy for ${cost}`);
console.log(`seen     ${without}\n         with the standing charge: ${beside}\n         with mip_rel_gap 0 as well: ${exact}`);
const right = seen[0][1] === 35900 && seen[2][1] === 35900 && seen.every(([status]) => status === 'Optimal');
process.exit(right && seen[1][1] > 38000 ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    Optimal means that no plan is cheaper, and a standing charge, the same in every plan, changes nothing
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
