#!/usr/bin/env bash
# A server of modbus-serial that is given `getMultipleHoldingRegisters` alone answers a read of two registers and says
# nothing at all to a read of one: no value and no exception, so its client waits until it times out.
# Guard: give it `getHoldingRegister` too, or alone, for it is asked a register at a time where there is nothing else.
set -euo pipefail
npm_packages=(modbus-serial@8.0.25)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --omit=optional "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { once } from 'node:events';
import modbus from 'modbus-serial';

const PORT = 20502;
const registers = { getMultipleHoldingRegisters: (at, count) => Array(count).fill(7) };
const server = new modbus.ServerTCP(registers, { host: '127.0.0.1', port: PORT });
await once(server, 'initialized');
const client = new modbus();
await client.connectTCP('127.0.0.1', { port: PORT });
client.setTimeout(1000);
const two = (await client.readHoldingRegisters(0, 2)).data;
const one = await client.readHoldingRegisters(0, 1).then(({ data }) => data, (error) => error.message);
console.log(`seen     two registers: ${two}; one register: ${one}`);
process.exit(String(two) === '7,7' && one === 'Timed out' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    who gives several registers is asked for one of them too, or the read is refused
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
