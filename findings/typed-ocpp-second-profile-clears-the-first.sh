#!/usr/bin/env bash
# The charging manager of typed-ocpp, which it calls experimental, keeps one profile of a purpose: each that is set
# clears all others of it, whatever their stack level or connector. A limit for two hours of the night loses the one
# below it, and outside those hours the connector gets a built-in default in watts. No ChargePointMaxProfile can be set
# at all.
# Guard: a composite schedule of our own, tested with two stack levels, two connectors and a maximum.
set -euo pipefail
npm_packages=(typed-ocpp@1.6.2)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { OCPP16, Models } from 'typed-ocpp';

const at = (hour) => new Date(`2026-06-01T${hour}:00:00Z`);
const profile = (stackLevel, limit, start, duration) => ({
  chargingProfileId: stackLevel + 1,
  stackLevel,
  chargingProfilePurpose: 'TxDefaultProfile',
  chargingProfileKind: 'Absolute',
  chargingSchedule: {
    chargingRateUnit: 'A',
    startSchedule: at(start).toISOString(),
    ...(duration && { duration }),
    chargingSchedulePeriod: [{ startPeriod: 0, limit }],
  },
});
const manager = new OCPP16.ChargingManager();
for (const [request, connectorId] of [[profile(0, 16, '00'), 1], [profile(1, 10, '04', 7200), 1]])
  manager.setChargingProfile({ connectorId, csChargingProfiles: request });
const rows = manager
  .getConnectorSchedule(at('00'), at('12'), 1, 'A', new Models.ACChargingStation(230), 3, false)
  .map(({ start, data }) => `${start.toISOString().slice(11, 16)} ${data.charging.max} ${data.unit}`);
let maximum = 'taken';
try {
  const most = { ...profile(0, 63, '00'), chargingProfilePurpose: 'ChargePointMaxProfile' };
  manager.setChargingProfile({ connectorId: 0, csChargingProfiles: most });
} catch (error) {
  maximum = error.message;
}
console.log(`seen     ${manager.size()} profile kept: ${rows.join(', ')}\n         maximum for connector 0: ${maximum}`);
const lost = manager.size() === 1 && rows.join() === '00:00 6000 W,04:00 10 A,06:00 6000 W';
process.exit(lost && maximum.includes('cannot be added') ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    16 A below, 10 A from 04:00 to 06:00 above it: 16, 10 and 16 A; a maximum is taken for connector 0
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
