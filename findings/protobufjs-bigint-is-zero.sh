#!/usr/bin/env bash
# protobufjs writes a zero for a BigInt in an int64 or uint64 field, without an error; verify does not take BigInt,
# but encode and create do not call it. fromObject does convert.
# Guard: amounts and energies go through fromObject as decimal text or BigInt, and a test reads the written bytes
# back.
set -euo pipefail
npm_packages=(protobufjs@8.8.1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import protobuf from 'protobufjs';

const { root } = protobuf.parse('syntax = "proto3"; message Bill { int64 micros = 1; uint64 wh = 2; }');
const Bill = root.lookupType('Bill');
const sum = { micros: 12_500_000n, wh: 41_200n };
const readBack = (bytes) => JSON.stringify(Bill.toObject(Bill.decode(bytes), { longs: String, defaults: true }));
const direct = readBack(Bill.encode(Bill.create(sum)).finish());
const converted = readBack(Bill.encode(Bill.fromObject(sum)).finish());
console.log(`seen     create and encode: ${direct}\n         fromObject and encode: ${converted}`);
process.exit(direct === '{"micros":"0","wh":"0"}' && converted === '{"micros":"12500000","wh":"41200"}' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    a BigInt in an int64 field is written as that number, or refused
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
