#!/usr/bin/env bash
# What COSE signs is an array with byte strings in it. Two of three CBOR packages write a Uint8Array with tag 64
# before it, though not a Buffer with the same bytes, so the bytes to sign differ and no other party verifies the
# signature.
# Guard: pin the encoder, give it Buffers where it tells them apart, and compare the signed bytes with a published
# vector.
set -euo pipefail
npm_packages=(cborg@6.1.5 cbor@10.0.12 cbor-x@1.6.9)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import * as cborg from 'cborg';
import cbor from 'cbor';
import * as cborX from 'cbor-x';

const parts = [[0xa1, 0x01, 0x26], [], [0x01, 0x02]];
const toSign = (bytes) => ['Signature1', ...parts.map((part) => bytes(part))];
const hex = (encode, bytes) => Buffer.from(encode(toSign(bytes))).toString('hex');
const seen = {};
for (const [name, { encode }] of Object.entries({ cborg, cbor, 'cbor-x': cborX })) {
  seen[name] = [hex(encode, (part) => Uint8Array.from(part)), hex(encode, (part) => Buffer.from(part))];
  console.log(`${name === 'cborg' ? 'seen    ' : '        '} ${name} Uint8Array ${seen[name][0]}\n         ${name} Buffer     ${seen[name][1]}`);
}
const right = '846a5369676e61747572653143a1012640420102';
const tagged = '846a5369676e617475726531d84043a10126d84040d840420102';
const same = Object.values(seen).every(([, buffer]) => buffer === right) && seen.cborg[0] === right;
process.exit(same && seen.cbor[0] === tagged && seen['cbor-x'][0] === tagged ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    the same bytes as Uint8Array or Buffer give the same CBOR, in every encoder
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
