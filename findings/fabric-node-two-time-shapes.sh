#!/usr/bin/env bash
# Two times of one library: the transaction's own timestamp has its seconds as a Long object, a history entry's as a
# plain number. Strict comparison of the same instant is false, and JSON of the one is {low, high, unsigned}.
# Guard: turn both into one integer of milliseconds where they enter.
set -euo pipefail
npm_packages=(fabric-shim@2.5.8)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.cjs <<'EOF'
process.exitCode = 1; // stays so unless the end is reached: fabric-shim ends a throw with 0
const shimPath = require.resolve('fabric-shim');
const { ChaincodeStub, HistoryQueryIterator } = require('fabric-shim');
const protos = require(require.resolve('@hyperledger/fabric-protos', { paths: [shimPath] }));
const { Timestamp } = require(require.resolve('google-protobuf/google/protobuf/timestamp_pb', { paths: [shimPath] }));
const { common, ledger, msp, peer } = protos;
const bytes = (Type, fields) => {
  const message = new Type();
  for (const [name, value] of Object.entries(fields)) message[`set${name}`](value);
  return message.serializeBinary();
};
const time = () => {
  const timestamp = new Timestamp();
  timestamp.setSeconds(1_795_000_000);
  return timestamp;
};
const header = bytes(common.Header, {
  ChannelHeader: bytes(common.ChannelHeader, { Timestamp: time() }),
  SignatureHeader: bytes(common.SignatureHeader, { Creator: bytes(msp.SerializedIdentity, { Mspid: 'Org1MSP' }) }),
});
const payload = bytes(peer.ChaincodeProposalPayload, { Input: Buffer.from('x') });
const signed = new peer.SignedProposal();
signed.setProposalBytes(bytes(peer.Proposal, { Header: header, Payload: payload }));
const stub = new ChaincodeStub({}, 'channel', 'tx', new peer.ChaincodeInput(), signed);
const entry = new peer.QueryResultBytes();
entry.setResultbytes(bytes(ledger.queryresult.KeyModification, { Timestamp: time() }));
const response = new peer.QueryResponse();
response.setResultsList([entry]);

(async () => {
  const now = stub.getTxTimestamp();
  const past = (await new HistoryQueryIterator({}, 'channel', 'tx', response).next()).value.timestamp;
  console.log(`seen     now  ${JSON.stringify(now)}\n         past ${JSON.stringify(past)}`);
  console.log(`         now.seconds === past.seconds is ${now.seconds === past.seconds}`);
  process.exit(now.seconds !== past.seconds && Number(now.seconds) === past.seconds ? 0 : 1);
})();
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    the time of this transaction and the same time read back from history are equal, field by field
EOF
node probe.cjs || { echo 'no longer seen'; exit 1; }
