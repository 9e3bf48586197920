#!/usr/bin/env bash
# ethers keeps each answer of a node for a quarter of a second. A balance asked before and after a payment that is
# mined in between is the old one, though wait() has given its receipt; and a second payment sent after the first is
# mined takes the used nonce again and is refused.
# Guard: cacheTimeout: -1 when the provider is made; nonces counted by the sender itself.
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
import { JsonRpcProvider, Wallet } from 'ethers';

const node = spawn('node_modules/.bin/anvil', ['--port', '0']);
let said = '';
while (!said.includes('Listening on')) said += (await once(node.stdout, 'data'))[0];
const url = `http://${/Listening on (\S+)/.exec(said)[1]}`;
const key = /\(0\) (0x[0-9a-f]{64})/.exec(said)[1];
const outcome = async (options) => {
  const provider = new JsonRpcProvider(url, undefined, options);
  const payer = new Wallet(key, provider);
  const to = Wallet.createRandom().address;
  await provider.getNetwork();
  const before = await provider.getBalance(to);
  const pay = async () => (await payer.sendTransaction({ to, value: 5n })).wait();
  await pay();
  const after = await provider.getBalance(to);
  const second = await pay().then(() => 'mined', (error) => error.code);
  provider.destroy();
  return `balance ${before}, after a payment of 5 ${after}, second payment: ${second}`;
};
const stale = 'balance 0, after a payment of 5 0, second payment: NONCE_EXPIRED';
let cached = '';
for (let tries = 0; cached !== stale && tries < 5; tries += 1) cached = await outcome({}); // a slow machine may miss the quarter second
const fresh = await outcome({ cacheTimeout: -1 });
console.log(`seen     ${cached}\n         with cacheTimeout -1: ${fresh}`);
node.kill();
process.exit(cached === stale && fresh === 'balance 0, after a payment of 5 5, second payment: mined' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    after wait() the balance has the payment in it, and the next payment has the next nonce
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
