#!/usr/bin/env bash
# Two encoders that both sort the keys of a map give two encodings of the same map: one sorts the encoded keys
# bytewise, the other the shorter first.
# Guard: a protocol that hashes or signs CBOR names its order; a shared test vector has keys -1 and 10 in it.
set -euo pipefail
npm_packages=(cborg@6.1.5)
pip_packages=(cbor2==6.3.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cat > probe.mjs <<'EOF'
import { encode } from 'cborg';
console.log(Buffer.from(encode(new Map([[1, 1], [10, 2], [100, 3], [-1, 4]]))).toString('hex'));
EOF
cat > probe.py <<'EOF'
import cbor2
print(cbor2.dumps({1: 1, 10: 2, 100: 3, -1: 4}, canonical=True).hex())
EOF
echo "package  ${npm_packages[*]} ${pip_packages[*]}"
cat <<'EOF'
guess    the canonical encoding of a map is one sequence of bytes
EOF
node_hex=$(node probe.mjs)
python_hex=$(venv/bin/python probe.py)
echo "seen     cborg $node_hex"
echo "         cbor2 $python_hex"
[ "$node_hex" = a401010a021864032004 ] && [ "$python_hex" = a401010a022004186403 ] || { echo 'no longer seen'; exit 1; }
