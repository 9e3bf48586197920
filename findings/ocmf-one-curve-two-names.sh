#!/usr/bin/env bash
# A good OCMF record signed on the brainpool curve verifies in exactly one of two libraries, whichever of the curve's
# two names it carries: the one knows only the specification's brainpool256r1, the other only takes the key with the
# name brainpoolP256r1.
# Guard: a table of curve names of our own, both to one curve, and verification with node:crypto by the key.
set -euo pipefail
npm_packages=(@road-labs/ocmf@0.0.9 @road-labs/ocmf-crypto-noble@0.0.9)
pip_packages=('pyocmf[crypto]==0.6.0')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cat > probe.mjs <<'EOF'
import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import ocmf from '@road-labs/ocmf';
import noble from '@road-labs/ocmf-crypto-noble';

const payload =
  '{"FV":"1.0","GI":"G","GS":"1","PG":"T1","MV":"V","MS":"2","IS":true,"IL":"VERIFIED","IT":"ISO14443","ID":"1F2D3A4F",' +
  '"RD":[{"TM":"2026-07-24T13:22:04,000+0200 S","TX":"B","RV":2935.6,"RI":"1-b:1.8.0","RU":"kWh","ST":"G"}]}';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' });
const key = publicKey.export({ type: 'spki', format: 'der' });
const SD = sign('sha256', Buffer.from(payload), privateKey).toString('hex');
const crypto = new noble.Crypto();
const records = [];
for (const name of ['brainpool256r1', 'brainpoolP256r1']) {
  const record = `OCMF|${payload}|${JSON.stringify({ SA: `ECDSA-${name}-SHA256`, SD })}`;
  records.push(record);
  const verifier = new ocmf.Verifier(crypto);
  const outcome = verifier.parseAndVerify(record, await crypto.decodeEcPublicKey(key, 'spki-der'));
  console.log(name, await outcome.then(({ verified }) => verified, () => 'refused'));
}
writeFileSync('records.json', JSON.stringify({ key: key.toString('hex'), records }));
EOF
cat > probe.py <<'EOF'
import json
import warnings

from pyocmf import OCMF

warnings.simplefilter('ignore')
given = json.load(open('records.json'))
for record in given['records']:
    try:
        print(str(OCMF.from_string(record).verify_signature(given['key'])).lower())
    except Exception:
        print('refused')
EOF
echo "package  ${npm_packages[*]} ${pip_packages[*]}"
cat <<'EOF'
guess    a record with a right signature on a curve of the standard verifies in every OCMF library
EOF
node probe.mjs >node.txt
venv/bin/python probe.py >python.txt
echo "seen     name, @road-labs/ocmf, pyocmf:"
paste -d' ' node.txt python.txt | tee seen.txt | sed 's/^/         /'
diff -q seen.txt - <<<"brainpool256r1 true refused
brainpoolP256r1 refused true" >/dev/null || { echo 'no longer seen'; exit 1; }
