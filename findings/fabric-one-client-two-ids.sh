#!/usr/bin/env bash
# The same certificate gets two client ids: the Node shim builds one from subject and issuer, the Python one is the
# whole certificate. Contracts in both languages disagree about who owns a record, and after a renewal the Python id
# is new while the Node id stays.
# Guard: record the owner as MSP id and a name that the contract takes from the certificate itself, never the shim's
# client id.
set -euo pipefail
npm_packages=(fabric-shim@2.5.8)
pip_packages=(fabric-chaincode-python==2.5.4)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
for cert in old new; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$cert.key" -out "$cert.pem" -days 2 \
    -subj /C=US/O=Utility/CN=station-7 2>/dev/null
done
cat > probe.cjs <<'EOF'
process.exitCode = 1; // stays so unless the end is reached: fabric-shim ends a throw with 0
const { readFileSync } = require('node:fs');
const { ClientIdentity } = require('fabric-shim');
for (const file of ['old.pem', 'new.pem']) {
  const stub = {
    getChannelID: () => 'channel',
    getTxID: () => 'tx',
    getCreator: () => ({ mspid: 'Org1MSP', idBytes: readFileSync(file) }),
  };
  console.log(new ClientIdentity(stub).getID());
}
process.exitCode = 0;
EOF
cat > probe.py <<'EOF'
from fabric_chaincode_python.fabric_contract_api.contractapi.transaction_context import ClientIdentity


class Stub:
    def __init__(self, file):
        self.file = file

    def get_creator(self):
        return {'mspid': 'Org1MSP', 'idBytes': open(self.file, 'rb').read()}


for file in ('old.pem', 'new.pem'):
    print(ClientIdentity(Stub(file)).get_id())
EOF
echo "package  ${npm_packages[*]} ${pip_packages[*]}"
cat <<'EOF'
guess    the client id is the same in every language and survives the renewal of the certificate
EOF
mapfile -t node_ids < <(node probe.cjs)
mapfile -t python_ids < <(venv/bin/python probe.py)
echo "seen     Node, old and new certificate: ${node_ids[0]} | ${node_ids[1]}"
echo "         Python: ${python_ids[0]:0:30}..${python_ids[0]: -9} | ${python_ids[1]:0:30}..${python_ids[1]: -9}"
[ "${node_ids[0]}" = "${node_ids[1]}" ] && [[ ${node_ids[0]} == x509::* ]] && [ "${python_ids[0]}" != "${python_ids[1]}" ] &&
  [[ ${python_ids[0]} == MII* ]] || { echo 'no longer seen'; exit 1; }
