#!/usr/bin/env bash
# A method that a Fabric contract inherits from its own base class is not one of its transactions: the engine lists
# what the class itself declares. The call goes to unknownTransaction, and what that returns is dropped: the client
# sees success with nothing in it.
# Guard: declare every transaction in the contract's own class and delegate; let unknownTransaction throw; a test
# calls each name through the engine.
set -euo pipefail
npm_packages=(fabric-contract-api@2.5.8 fabric-shim@2.5.8)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2 \
  -subj /C=US/O=Utility/CN=station-7 2>/dev/null
cat > probe.cjs <<'EOF'
process.exitCode = 1; // stays so unless the end is reached: fabric-shim ends a throw with 0
const { readFileSync } = require('node:fs');
const { Contract, JSONSerializer } = require('fabric-contract-api');
const { ChaincodeStub } = require('fabric-shim');
const Engine = require('fabric-shim/lib/contract-spi/chaincodefromcontract.js');
const { peer } = require(require.resolve('@hyperledger/fabric-protos', { paths: [require.resolve('fabric-shim')] }));

class Versioned extends Contract {
  async version() {
    return '7';
  }
}
class Tariff extends Versioned {
  async price() {
    return '310';
  }
  async unknownTransaction() {
    return 'no such transaction';
  }
}
const engine = new Engine([Tariff], { serializers: { json: JSONSerializer }, transaction: 'json' }, {}, 'tariff', '1');
const invoke = async (...args) => {
  const input = new peer.ChaincodeInput();
  input.setArgsList(args.map((arg) => Buffer.from(arg)));
  const stub = new ChaincodeStub({}, 'channel', 'tx', input, null);
  stub.creator = { mspid: 'Org1MSP', idBytes: readFileSync('cert.pem') };
  const { status, payload, message } = await engine.Invoke(stub);
  return `${status} ${status === 200 ? Buffer.from(payload).toString() : message}`;
};
(async () => {
  const own = await invoke('price');
  const inherited = await invoke('version');
  console.log(`seen     price(): "${own}"\n         version(): "${inherited}" (neither 7 nor the text)`);
  process.exit(own === '200 310' && inherited === '200 ' ? 0 : 1);
})();
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    Tariff has the transactions of its base class; what unknownTransaction returns is the answer
EOF
node probe.cjs | grep -v 'c-api:' || { echo 'no longer seen'; exit 1; }
