#!/usr/bin/env bash
# anvil without any state file still writes the state of every older block to ~/.foundry/anvil/tmp, here a file for each
# of 1,000 blocks. A node that makes a block a second has no bound on that, and one that is killed leaves all of it
# behind: a test machine's disk fills slowly, where nobody looks.
# Guard: --prune-history with a number keeps so many states in memory and writes none.
set -euo pipefail
npm_packages=(@foundry-rs/anvil-linux-amd64@1.7.1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const program = 'node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil';
const filesAfter = async (home, ...more) => {
  mkdirSync(home);
  const node = spawn(program, ['--port', '0', ...more], { env: { ...process.env, HOME: home } });
  const url = await new Promise((resolve, reject) => {
    let said = '';
    node.once('error', reject);
    node.stdout.on('data', (part) => {
      said += part;
      const found = /Listening on (\S+)/.exec(said);
      if (found !== null) resolve(`http://${found[1]}`);
    });
  });
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'anvil_mine', params: ['0x3e8'] });
  await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json();
  const ended = new Promise((resolve) => node.once('close', resolve));
  node.kill('SIGKILL');
  await ended;
  await sleep(100);
  return readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
};
const usual = await filesAfter(`${process.cwd()}/usual`);
const pruned = await filesAfter(`${process.cwd()}/pruned`, '--prune-history', '500');
console.log(`seen     after 1,000 blocks and a kill: ${usual} files left; with --prune-history 500: ${pruned}`);
process.exit(usual > 500 && pruned < 10 ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    a development node that was given no state file keeps its chain in memory
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
