#!/usr/bin/env bash
# A message that is published with the retain flag reaches a subscriber that is there without the flag; MQTT 3.1.1 has
# it so for every subscription that already stands. From aedes the same message comes with the flag when it was queued
# for a session that was away, also to a client that never unsubscribed. A box that leaves retained messages alone as
# old news drops what was sent to it while it was away.
# Guard: the age of a limit is in the message, with the time until which it holds; the retain flag decides nothing.
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
const url = `mqtt://127.0.0.1:${server.address().port}`;
const desk = await mqtt.connectAsync(url);
const send = (ampere) => desk.publishAsync('limit/box', ampere, { qos: 1, retain: true });
const got = [];
const box = () => {
  const client = mqtt.connect(url, { clientId: 'box', clean: false });
  return client.on('message', (_topic, message, { retain }) => got.push(`${message} A retained ${retain}`));
};
const until = async (count) => {
  for (let tries = 0; got.length < count && tries < 50; tries += 1) await wait(50);
};
const first = box();
await first.subscribeAsync('limit/box', { qos: 1 });
await send('16');
await until(1);
await first.endAsync();
await send('10');
box();
await until(2);
console.log(`seen     there: ${got[0]}; away: ${got[1]}`);
process.exit(got.join() === '16 A retained false,10 A retained true' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    both messages of one standing subscription come with retain false
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
