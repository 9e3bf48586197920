#!/usr/bin/env bash
# After a reorganisation that drops a transaction its receipt in ethers goes on counting confirmations with every new
# block, while the chain no longer knows the transaction.
# Guard: never count on a receipt held: ask for it again by hash, and compare its block hash with the chain's.
set -euo pipefail
npm_packages=(ethers@6.17.0 @foundry-rs/anvil@1.7.1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { JsonRpcProvider } from 'ethers';

const node = spawn('node_modules/.bin/anvil', ['--port', '0']);
let said = '';
while (!said.includes('Listening on')) said += (await once(node.stdout, 'data'))[0];
const provider = new JsonRpcProvider(`http://${/Listening on (\S+)/.exec(said)[1]}`, undefined, { cacheTimeout: -1 });
const signer = await provider.getSigner(0);
const snapshot = await provider.send('evm_snapshot', []);
const receipt = await (await signer.sendTransaction({ to: await signer.getAddress(), value: 1n })).wait(1);
await provider.send('evm_revert', [snapshot]);
await provider.send('anvil_mine', ['0x6']);
const confirmations = await receipt.confirmations();
const onChain = await provider.getTransactionReceipt(receipt.hash);
const block = await provider.getBlock(receipt.blockNumber);
console.log(`seen     the held receipt has ${confirmations} confirmations, the chain's receipt is ${onChain}`);
console.log(`         the block of its number has the same hash: ${block.hash === receipt.blockHash}`);
node.kill();
process.exit(confirmations === 6 && onChain === null && block.hash !== receipt.blockHash ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    confirmations() of a transaction that the chain has dropped is 0, or it throws
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
