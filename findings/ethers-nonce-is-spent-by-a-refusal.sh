#!/usr/bin/env bash
# The NonceManager of ethers counts a nonce before it knows whether the transaction is sent. One that is refused before
# it goes out, here for want of funds, leaves a gap: the next is taken by the node, waits for the one that never comes
# and is not mined.
# Guard: nonces from the chain's pending count at each send, by one sender in turn; after any refusal reset().
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
import { setTimeout as wait } from 'node:timers/promises';
import { JsonRpcProvider, NonceManager, parseEther } from 'ethers';

const node = spawn('node_modules/.bin/anvil', ['--port', '0']);
let said = '';
while (!said.includes('Listening on')) said += (await once(node.stdout, 'data'))[0];
const provider = new JsonRpcProvider(`http://${/Listening on (\S+)/.exec(said)[1]}`, undefined, { cacheTimeout: -1 });
const account = await provider.getSigner(0);
const to = await (await provider.getSigner(1)).getAddress();
const payer = new NonceManager(account);
const mined = async ({ hash }) => {
  for (let tries = 0; tries < 20; tries += 1) {
    if ((await provider.getTransactionReceipt(hash)) !== null) return true;
    await wait(100);
  }
  return false;
};
const tooMuch = await payer.sendTransaction({ to, value: parseEther('1000000') }).catch((error) => error.code);
const sent = await payer.sendTransaction({ to, value: 1n });
const first = `nonce ${sent.nonce} of an account with ${await provider.getTransactionCount(account)} sent, mined: ${await mined(sent)}`;
payer.reset();
await payer.sendTransaction({ to, value: 2n });
const later = await mined(sent);
console.log(`seen     too much: ${tooMuch}\n         the next: ${first}\n         after reset() and another payment: ${later}`);
node.kill();
process.exit(typeof tooMuch === 'string' && sent.nonce === 1 && first.endsWith('0 sent, mined: false') && later ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    what is refused before it is sent takes no nonce, and the next payment is mined
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
