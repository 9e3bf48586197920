import type { StationDefinition, UtilityDefinition } from '../system/consortium.ts';
import { ALABAMA_POWER, DUKE_ENERGY, GEORGIA_POWER } from '../system/consortium.ts';

const station = (party: string, name: string, timeZone: string): StationDefinition => ({
  stationId: `${party}-NET-1`,
  name,
  address: name,
  timeZone,
  outlets: [{ evseId: `US*${party}*ENET1*1`, meterId: `${party}-NET-METER-1`, maxPowerW: 150_000n }],
});

/** Three utilities, each with a station at which the others' customers charge: money is owed in every direction. */
export const NETTING_UTILITIES = [
  { ...ALABAMA_POWER, stations: [station('ALP', 'Dauphin Street, Mobile', 'America/Chicago')] },
  { ...DUKE_ENERGY, stations: [station('DUK', 'Main Street, Durham', 'America/New_York')] },
  { ...GEORGIA_POWER, stations: [station('GPC', 'Peachtree Street, Atlanta', 'America/New_York')] },
] as const satisfies readonly UtilityDefinition[];

export const CURRENCY = 'USD';

/** Alabama and Georgia Power pay each other by token, all others by bank. */
export const paysByToken = (one: string, other: string): boolean =>
  [one, other].sort().join() === 'USALP,USGPC';
/** How deep a block must be to count. */
export const CHAIN_DEPTH = 3;

/** Amounts of whole sessions are no whole cents: something is left over in each round. */
export const tariffOf = (utilityId: string) => ({
  country_code: 'US',
  party_id: utilityId.slice(2),
  id: `${utilityId}-FLAT`,
  currency: CURRENCY,
  elements: [{ price_components: [{ type: 'ENERGY', price: 0.31337, vat: 7, step_size: 1 }] }],
  last_updated: '2026-01-01T00:00:00Z',
});
