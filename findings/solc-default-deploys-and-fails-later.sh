#!/usr/bin/env bash
# solc compiles for its newest EVM unless told otherwise. On a chain two forks older the contract deploys and answers
# simple calls; only the functions whose code uses a newer instruction fail, with no reason given.
# Guard: set evmVersion to the chain's, and call every function once on a node of that fork.
set -euo pipefail
npm_packages=(solc@0.8.37 ethers@6.17.0 @foundry-rs/anvil@1.7.1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import solc from 'solc';
import { ContractFactory, JsonRpcProvider } from 'ethers';

const content = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;
contract Meter {
  function total(uint256 wh) external pure returns (uint256) { return wh + 1; }
  function copy(bytes calldata record) external pure returns (bytes memory) { return abi.encodePacked(record, record); }
}`;
const compile = (settings) => {
  const outputSelection = { '*': { '*': ['abi', 'evm.bytecode.object'] } };
  const job = { language: 'Solidity', sources: { 'm.sol': { content } }, settings: { ...settings, outputSelection } };
  return JSON.parse(solc.compile(JSON.stringify(job))).contracts['m.sol'].Meter;
};
const node = spawn('node_modules/.bin/anvil', ['--port', '0', '--hardfork', 'shanghai']);
let said = '';
while (!said.includes('Listening on')) said += (await once(node.stdout, 'data'))[0];
const provider = new JsonRpcProvider(`http://${/Listening on (\S+)/.exec(said)[1]}`);
const signer = await provider.getSigner(0);
const tryOut = async (settings) => {
  const { abi, evm } = compile(settings);
  const meter = await new ContractFactory(abi, evm.bytecode.object, signer).deploy();
  await meter.waitForDeployment();
  const copied = await meter.copy('0x12').catch((error) => error.shortMessage);
  return `deployed, total(41) ${await meter.total(41)}, copy(0x12) ${copied}`;
};
const [byDefault, forTheChain] = [await tryOut({}), await tryOut({ evmVersion: 'shanghai' })];
console.log(`seen     by default: ${byDefault}\n         for shanghai: ${forTheChain}`);
node.kill();
const start = 'deployed, total(41) 42, copy(0x12) ';
process.exit(byDefault === `${start}missing revert data` && forTheChain === `${start}0x1212` ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    a contract that deploys and answers on a chain works there; a compiler too new shows at deployment
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
