import type { StationDefinition, UtilityDefinition } from '../system/consortium.ts';
import { ALABAMA_POWER, DUKE_ENERGY } from '../system/consortium.ts';
import { nativeParts } from '../system/ledger-native.ts';
import type { LedgerChoice } from '../system/system.ts';
import { partName } from '../system/utility.ts';

const OUTLETS = 6;
/** Hours of charging pass in seconds here: what a car takes meanwhile is as much more. */
const MAX_POWER_W = 100_000_000n;

const station = (stationId: string, name: string, timeZone: string): StationDefinition => {
  const [, party = ''] = /^([A-Z]{3})/.exec(stationId) ?? [];
  return {
    stationId,
    name,
    address: name,
    timeZone,
    outlets: Array.from({ length: OUTLETS }, (_, at) => ({
      evseId: `US*${party}*ECHA1*${at + 1}`,
      meterId: `${party}-CHAOS-METER-${at + 1}`,
      maxPowerW: MAX_POWER_W,
    })),
  };
};

/** Two utilities, each with a station where the other's customers charge: every part serves as home and as visited one. */
export const CHAOS_UTILITIES: readonly UtilityDefinition[] = [
  { ...ALABAMA_POWER, stations: [station('ALP-MOBILE-1', 'Dauphin Street, Mobile', 'America/Chicago')] },
  { ...DUKE_ENERGY, stations: [station('DUK-DURHAM-9', 'Main Street, Durham', 'America/New_York')] },
];

/** Customers of each utility; they take turns. */
export const CUSTOMERS = 8;

export const SERVICES = ['gateway', 'aaa', 'router'] as const;

export const stationPartName = (stationId: string): string => `station/${stationId.toLowerCase()}`;

/** What the embedded ledger consists of: one peer for all, and each utility's contracts. */
const EMBEDDED_PARTS: readonly string[] = [
  'peer',
  ...CHAOS_UTILITIES.map(({ utilityId }) => partName(utilityId, 'chaincode')),
];

/** Every part that a fault can strike, by the ledger. */
export async function chaosParts(ledger: LedgerChoice): Promise<readonly string[]> {
  const ofLedger =
    ledger.kind === 'embedded' ? EMBEDDED_PARTS : await nativeParts(CHAOS_UTILITIES, ledger.orderer);
  return [
    'postgres',
    ...ofLedger,
    ...CHAOS_UTILITIES.flatMap(({ utilityId, stations }) => [
      ...SERVICES.map((part) => partName(utilityId, part)),
      ...stations.map(({ stationId }) => stationPartName(stationId)),
    ]),
  ];
}
