#!/usr/bin/env bash
# ethers gives the outputs of a call as an array that also has their names. A name that arrays have already, such as
# values, length or find, gives the array's own member: a function or a count in place of the number from the chain.
# Guard: read outputs by position, or through toObject(), which has the right numbers; a contract of our own avoids
# the names.
set -euo pipefail
npm_packages=(ethers@6.17.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { Interface, AbiCoder } from 'ethers';

const face = new Interface(['function profile() view returns (uint256 length, uint256 values, uint256 price)']);
const answer = AbiCoder.defaultAbiCoder().encode(['uint256', 'uint256', 'uint256'], [900, 16, 310]);
const result = face.decodeFunctionResult('profile', answer);
console.log(`seen     length ${result.length}, values is a ${typeof result.values}, price ${result.price}`);
console.log('         toObject()', result.toObject());
const { length, values, price } = result.toObject();
const right = length === 900n && values === 16n && price === 310n && result.price === 310n;
process.exit(result.length === 3 && typeof result.values === 'function' && right ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    result.values and result.length are the outputs with those names
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
