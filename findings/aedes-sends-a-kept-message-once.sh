#!/usr/bin/env bash
# A client that subscribes again to the same filter, to be sure of the kept value, gets nothing from aedes on the same
# connection; MQTT 3.1.1 has the broker send kept messages at each subscription. Another filter that matches does
# bring it.
# Guard: no fresh value by subscribing again: ask for it by a message, or unsubscribe first.
set -euo pipefail
npm_packages=(aedes@1.2.0 mqtt@5.16.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { createServer } from 'node:net';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Aedes } from 'aedes';
import mqtt from 'mqtt';

const broker = await Aedes.createBroker();
const server = createServer(broker.handle);
await once(server.listen(0, '127.0.0.1'), 'listening');
const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${server.address().port}`);
await client.publishAsync('limit/1', '16', { retain: true, qos: 1 });
let got = [];
client.on('message', (_topic, message) => got.push(String(message)));
const subscribe = async (filter) => {
  got = [];
  await client.subscribeAsync(filter, { qos: 1 });
  await wait(300);
  return got.join() || 'nothing';
};
const seen = [await subscribe('limit/#'), await subscribe('limit/#'), await subscribe('limit/+')];
await client.unsubscribeAsync('limit/#');
seen.push(await subscribe('limit/#'));
console.log(`seen     limit/# ${seen[0]}, again ${seen[1]}, limit/+ ${seen[2]}, limit/# after unsubscribing ${seen[3]}`);
process.exit(seen.join() === '16,nothing,16,16' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    subscribing again brings the kept message again
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
