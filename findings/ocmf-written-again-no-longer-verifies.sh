#!/usr/bin/env bash
# pyocmf verifies a good OCMF record, but the text that the same object writes is another one: fields that a later
# reading leaves out are filled in from the one before and empty ones dropped. The signature was made over the old
# text.
# Guard: keep the signed text as it came and hand on that; the parsed form is for reading only.
set -euo pipefail
pip_packages=('pyocmf[crypto]==0.6.0')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cat > probe.py <<'EOF'
import hashlib
import sys
import warnings

from ecdsa import NIST256p, SigningKey
from ecdsa.util import sigencode_der
from pyocmf import OCMF

warnings.simplefilter('ignore')
payload = (
    '{"FV":"1.0","GI":"G","GS":"1","PG":"T1","MV":"V","MS":"2","IS":true,"IL":"VERIFIED","IT":"ISO14443","ID":"1F2D3A4F",'
    '"RD":[{"TM":"2026-07-24T13:22:04,000+0200 S","TX":"B","RV":2935.600,"RI":"1-b:1.8.0","RU":"kWh","EF":"","ST":"G"},'
    '{"TM":"2026-07-24T14:22:04,000+0200 S","TX":"E","RV":2945.100}]}'
)
key = SigningKey.generate(NIST256p)
public = key.verifying_key.to_der().hex()
signature = key.sign(payload.encode(), hashfunc=hashlib.sha256, sigencode=sigencode_der).hex()
record = f'OCMF|{payload}|{{"SA":"ECDSA-secp256r1-SHA256","SD":"{signature}"}}'
first = OCMF.from_string(record)
second = OCMF.from_string(first.to_string())
verified = first.verify_signature(public), second.verify_signature(public)
print(f'seen     verifies as it came: {verified[0]}, written again: {verified[1]}')
print('         second reading, written again:', first.to_string().split('{')[3].split('}')[0])
sys.exit(0 if verified == (True, False) else 1)
EOF
echo "package  ${pip_packages[*]}"
cat <<'EOF'
guess    from_string and to_string of a good record give the record back, and it verifies as before
EOF
venv/bin/python probe.py || { echo 'no longer seen'; exit 1; }
