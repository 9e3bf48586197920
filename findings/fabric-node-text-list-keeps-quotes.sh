#!/usr/bin/env bash
# A parameter declared as string[] in fabric-contract-api reaches the function with the JSON quotes still around each
# text; a single string does not.
# Guard: take lists as one string argument and parse it in the contract.
set -euo pipefail
npm_packages=(fabric-contract-api@2.5.8 fabric-shim@2.5.8)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.cjs <<'EOF'
process.exitCode = 1; // stays so unless the end is reached: fabric-shim ends a throw with 0
const { JSONSerializer } = require('fabric-contract-api');
const Marshall = require('fabric-shim/lib/contract-spi/datamarshall.js');
const parameters = [
  { name: 'id', schema: { type: 'string' } },
  { name: 'ids', schema: { type: 'array', items: { type: 'string' } } },
];
const engine = new Marshall('json', { json: JSONSerializer }, {});
const [id, ids] = engine.handleParameters({ parameters }, [Buffer.from('a'), Buffer.from('["a","b"]')], '');
console.log(`seen     id is ${id} (${id.length} character), ids[0] is ${ids[0]} (${ids[0].length} characters)`);
process.exit(id === 'a' && ids[0] === '"a"' && !ids.includes(id) ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    ids declared as string[], sent as ["a","b"], arrive as a and b
EOF
node probe.cjs || { echo 'no longer seen'; exit 1; }
