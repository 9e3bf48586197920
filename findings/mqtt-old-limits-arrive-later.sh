#!/usr/bin/env bash
# The MQTT client keeps messages of quality 0 that are published while it is not connected and sends all of them, in
# order, when it is back: a charging point gets the limits of the past, one after the other.
# Guard: queueQoSZero: false for set points; a limit carries the time until which it holds, and the receiver looks at
# it.
set -euo pipefail
npm_packages=(mqtt@5.16.0 aedes@1.2.0)
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
const station = await mqtt.connectAsync(url);
const limits = [];
station.on('message', (_topic, message) => limits.push(String(message)));
await station.subscribeAsync('limit');
const seenFor = async (options) => {
  limits.length = 0;
  const client = await mqtt.connectAsync(url, { reconnectPeriod: 200, ...options });
  client.stream.destroy();
  await once(client, 'close');
  for (const ampere of ['16', '10', '6']) client.publish('limit', ampere, { qos: 0 });
  await once(client, 'connect');
  await wait(300);
  return limits.join(' ');
};
const byDefault = await seenFor({});
const withoutQueue = await seenFor({ queueQoSZero: false });
console.log(`seen     by default "${byDefault}", with queueQoSZero: false "${withoutQueue}"`);
process.exit(byDefault === '16 10 6' && withoutQueue === '' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    quality 0 means at most once and now: what is published while disconnected is gone
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
