#!/usr/bin/env bash
# fabric-chaincode-python keeps the events that a chaincode sets but never puts them into the message that closes the
# transaction: no event reaches the peer, so none reaches a client.
# Guard: with this version, read blocks and write sets instead of events, or write the contract in another language.
set -euo pipefail
pip_packages=(fabric-chaincode-python==2.5.4)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet "${pip_packages[@]}"
cat > probe.py <<'EOF'
import asyncio, logging, sys

import grpc
from fabric_protos.peer import chaincode_pb2, chaincode_shim_pb2 as shim, chaincode_shim_pb2_grpc as service
from fabric_protos.peer import proposal_response_pb2
from fabric_chaincode_python.fabric_shim.interfaces import Chaincode
from fabric_chaincode_python.fabric_shim.response import success
from fabric_chaincode_python.fabric_shim.server import ChaincodeService

logging.disable(logging.CRITICAL)
Message = shim.ChaincodeMessage


class Meter(Chaincode):
    async def init(self, stub):
        return success(b'')

    async def invoke(self, stub):
        stub.set_event('Recorded', b'7')
        return success(str(len(stub.get_events())).encode())


async def transact():
    """Plays the peer of one transaction and gives back the chaincode's closing message."""
    server = grpc.aio.server()
    service.add_ChaincodeServicer_to_server(ChaincodeService('meter', Meter()), server)
    port = server.add_insecure_port('127.0.0.1:0')
    await server.start()
    stream = service.ChaincodeStub(grpc.aio.insecure_channel(f'127.0.0.1:{port}')).Connect()
    while True:
        said = await stream.read()
        if said.type == Message.REGISTER:
            await stream.write(Message(type=Message.REGISTERED))
            await asyncio.sleep(0.2)
            await stream.write(Message(type=Message.READY))
            await asyncio.sleep(0.2)
            order = chaincode_pb2.ChaincodeInput(args=[b'record']).SerializeToString()
            await stream.write(Message(type=Message.TRANSACTION, payload=order, txid='t1', channel_id='c'))
        elif said.type == Message.COMPLETED:
            stream.cancel()
            await server.stop(0)
            return said, proposal_response_pb2.Response.FromString(said.payload)


closing, response = asyncio.run(transact())
print(f'seen     status {response.status}, events kept in the chaincode: {response.payload.decode()}')
print(f'         event in the closing message: {closing.HasField("chaincode_event")}')
sys.exit(0 if response.payload == b'1' and not closing.HasField('chaincode_event') else 1)
EOF
echo "package  ${pip_packages[*]}"
cat <<'EOF'
guess    an event set in a transaction that succeeds is in the closing message, as with the other shims
EOF
venv/bin/python probe.py || { echo 'no longer seen'; exit 1; }
