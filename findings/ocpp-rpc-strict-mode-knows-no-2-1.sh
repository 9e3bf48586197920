#!/usr/bin/env bash
# ocpp-rpc ships the schemas of OCPP 2.1 and lists the version among those that its strict mode validates, but looks
# them up under names that only 1.6 and 2.0.1 have (`urn:BootNotification.req` for `urn:BootNotificationRequest`): in
# strict mode every call of 2.1 is refused, valid or not.
# Guard: a validator for 2.1 made of the shipped schemas under the names that are looked up.
set -euo pipefail
npm_packages=(ocpp-rpc@2.2.1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { RPCClient, RPCServer } from 'ocpp-rpc';

const chargingStation = { model: 'M', vendorName: 'V' };
const boots = {
  'ocpp1.6': { chargePointVendor: 'V', chargePointModel: 'M' },
  'ocpp2.0.1': { reason: 'PowerUp', chargingStation },
  'ocpp2.1': { reason: 'PowerUp', chargingStation },
};
const server = new RPCServer({ protocols: Object.keys(boots), strictMode: true });
server.auth((accept) => accept());
server.on('client', (client) => {
  client.handle('BootNotification', () => ({ status: 'Accepted', interval: 300, currentTime: '2026-11-29T12:00:00Z' }));
});
const http = await server.listen(0, '127.0.0.1');
const seen = [];
for (const [protocol, boot] of Object.entries(boots)) {
  const endpoint = `ws://127.0.0.1:${http.address().port}`;
  const client = new RPCClient({ endpoint, identity: 'S', protocols: [protocol], reconnect: false });
  await client.connect();
  seen.push(await client.call('BootNotification', boot).then(({ status }) => status, (error) => error.message));
  await client.close();
}
await server.close();
console.log(`seen     ${Object.keys(boots).map((protocol, index) => `${protocol}: ${seen[index]}`).join('\n         ')}`);
process.exit(seen[0] === 'Accepted' && seen[1] === 'Accepted' && seen[2].includes('missing from') ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    strict mode takes a valid BootNotification in each version whose schemas are shipped
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
