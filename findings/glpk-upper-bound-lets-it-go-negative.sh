#!/usr/bin/env bash
# In glpk.js a variable without bounds is not negative. Given an upper bound with lb: 0 beside it, type GLP_UP, it may
# be: the 0 is not read. Two cars at up to 32 A under a limit of 16 A: the plan is 32 A for the one and -16 A, power
# back, for the other, and it is optimal.
# Guard: GLP_DB for each variable that has both bounds, and each plan checked for its signs.
set -euo pipefail
npm_packages=(glpk.js@5.0.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import GLPK from 'glpk.js/node';

const glpk = await GLPK();
const plan = async (bounds) => {
  const { result } = await glpk.solve(
    {
      name: 'site',
      objective: { direction: glpk.GLP_MAX, name: 'value', vars: [{ name: 'a', coef: 2 }, { name: 'b', coef: 1 }] },
      subjectTo: [
        { name: 'limit', vars: [{ name: 'a', coef: 1 }, { name: 'b', coef: 1 }], bnds: { type: glpk.GLP_UP, lb: 0, ub: 16 } },
      ],
      bounds,
    },
    { msglev: glpk.GLP_MSG_OFF },
  );
  return `a ${result.vars.a}, b ${result.vars.b}${result.status === glpk.GLP_OPT ? '' : ' (not optimal)'}`;
};
const bounds = (type) => ['a', 'b'].map((name) => ({ name, type, lb: 0, ub: 32 }));
const seen = [await plan([]), await plan(bounds(glpk.GLP_UP)), await plan(bounds(glpk.GLP_DB))];
console.log(`seen     no bounds: ${seen[0]}\n         GLP_UP, lb 0, ub 32: ${seen[1]}\n         GLP_DB, lb 0, ub 32: ${seen[2]}`);
process.exit(seen.join('|') === 'a 16, b 0|a 32, b -16|a 16, b 0' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    an upper bound of 32 with lb: 0 is a value from 0 to 32; a variable that was not negative stays so
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
