#!/usr/bin/env bash
# A transaction function of a Fabric contract with a parameter that has a default value cannot be given that argument:
# the engine counts parameters by the function's length, which stops at the first default.
# Guard: no default values in transaction functions; an argument that may be left out is sent as an empty string.
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

class Meter extends Contract {
  async record(ctx, session, note = 'none') {
    return `${session} ${note}`;
  }
}
const engine = new Engine([Meter], { serializers: { json: JSONSerializer }, transaction: 'json' }, {}, 'meter', '1');
const invoke = async (...args) => {
  const input = new peer.ChaincodeInput();
  input.setArgsList(args.map((arg) => Buffer.from(arg)));
  const stub = new ChaincodeStub({}, 'channel', 'tx', input, null);
  stub.creator = { mspid: 'Org1MSP', idBytes: readFileSync('cert.pem') };
  const { status, payload, message } = await engine.Invoke(stub);
  return `${status} ${status === 200 ? Buffer.from(payload).toString() : message}`;
};
(async () => {
  const without = await invoke('record', 's1');
  const withNote = await invoke('record', 's1', 'cable');
  console.log(`seen     record(s1): ${without}\n         record(s1, cable): ${withNote}`);
  process.exit(without === '200 s1 none' && withNote === '500 Expected 1 parameters, but 2 have been supplied' ? 0 : 1);
})();
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    record(ctx, session, note = 'none') takes one argument or two
EOF
node probe.cjs | grep -v 'c-api:' || { echo 'no longer seen'; exit 1; }
