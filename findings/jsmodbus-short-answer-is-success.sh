#!/usr/bin/env bash
# A Modbus server of jsmodbus that has ten registers answers a read of four from the ninth with two registers and no
# exception, and its client resolves: code that takes values by position gets undefined in the middle of a meter.
# Guard: count the registers of each answer against the request before reading any.
set -euo pipefail
npm_packages=(jsmodbus@5.0.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import net from 'node:net';
import { once } from 'node:events';
import modbus from 'jsmodbus';

const listener = new net.Server();
new modbus.server.TCP(listener, { holding: Buffer.alloc(20) });
await once(listener.listen(0, '127.0.0.1'), 'listening');
const socket = new net.Socket();
const client = new modbus.client.TCP(socket, 1, 2000);
await once(socket.connect(listener.address().port, '127.0.0.1'), 'connect');
const { body } = (await client.readHoldingRegisters(8, 4)).response;
console.log(`seen     resolved, ${body.valuesAsArray.length} of 4 registers, the third is ${body.valuesAsArray[2]}`);
process.exit(body.valuesAsArray.length === 2 && !body.isException ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    a read that runs past the last register is refused with exception 2, illegal data address
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
