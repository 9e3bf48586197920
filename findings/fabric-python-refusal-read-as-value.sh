#!/usr/bin/env bash
# When the peer answers a read of fabric-chaincode-python with an error, get_state does not raise: the text of the
# error comes back as the value of the key, and the transaction goes on with it.
# Guard: with this version, parse every value read against its schema and fail the transaction when it does not fit.
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
        return success(b'limit is ' + await stub.get_state('limit'))


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
        elif said.type == Message.GET_STATE:
            text = b'state database unreachable'
            await stream.write(Message(type=Message.ERROR, payload=text, txid='t1', channel_id='c'))
        elif said.type == Message.COMPLETED:
            stream.cancel()
            await server.stop(0)
            return said, proposal_response_pb2.Response.FromString(said.payload)


closing, response = asyncio.run(transact())
print(f'seen     status {response.status}, answer "{response.payload.decode()}"')
sys.exit(0 if response.status == 200 and response.payload == b'limit is state database unreachable' else 1)
EOF
echo "package  ${pip_packages[*]}"
cat <<'EOF'
guess    a read that the peer refuses raises in the chaincode and fails the transaction
EOF
venv/bin/python probe.py || { echo 'no longer seen'; exit 1; }
