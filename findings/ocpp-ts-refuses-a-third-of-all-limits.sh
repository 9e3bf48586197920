#!/usr/bin/env bash
# A limit of a charging schedule has at most one decimal in OCPP 1.6 (multipleOf 0.1). Stations built on these packages
# check that by dividing floats, and refuse 202 of the 630 limits from 0.1 to 63.0 A, 2.3 and 16.4 among them.
# Guard: whole ampere or watts to stations of 1.6, and a refused profile that is told again in whole ones.
set -euo pipefail
npm_packages=(@evpower/ocpp-ts@0.4.6 ocpp-ts@0.3.0 ws@8.21.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { WebSocketServer } from 'ws';

const require = createRequire(import.meta.url);
const limits = Array.from({ length: 630 }, (_, index) => (index + 1) / 10);
const profileOf = (limit) => ({
  connectorId: 1,
  csChargingProfiles: {
    ...{ chargingProfileId: 1, stackLevel: 0, chargingProfilePurpose: 'TxDefaultProfile', chargingProfileKind: 'Relative' },
    chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit }] },
  },
});
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'ocpp1.6' });
await once(server, 'listening');

const refusedBy = async (name) => {
  const station = new (require(name).OcppClient)('S');
  station.on('error', () => {});
  station.on('SetChargingProfile', (_profile, answer) => answer({ status: 'Accepted' }));
  const connected = once(server, 'connection');
  station.connect(`ws://127.0.0.1:${server.address().port}/`);
  const [socket] = await connected;
  const refused = [];
  for (const limit of limits) {
    socket.send(JSON.stringify([2, `${limit}`, 'SetChargingProfile', profileOf(limit)]));
    const [answer] = await once(socket, 'message');
    if (JSON.parse(answer)[0] === 4) refused.push(limit);
  }
  socket.terminate();
  return refused;
};

const packages = ['@evpower/ocpp-ts', 'ocpp-ts'];
const seen = [];
for (const name of packages) seen.push(await refusedBy(name));
seen.forEach((refused, index) => {
  const some = refused.filter((limit) => limit > 2 && limit < 4).join(', ');
  console.log(`${index === 0 ? 'seen    ' : '        '} ${packages[index]}: ${refused.length} of ${limits.length} refused, ${some} …`);
});
process.exit(seen.every((refused) => refused.length === 202 && refused.includes(2.3) && refused.includes(16.4)) ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    a limit with one decimal is a multiple of 0.1, and accepted
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
