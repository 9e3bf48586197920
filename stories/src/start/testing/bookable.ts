import { canonicalJson, stationCalendar, type StationCalendar } from '@roamgrid/wire';
import { BOOKING, TERMS } from '../../scenario/story.ts';
import { ALABAMA_POWER, GEORGIA_POWER, type StationDefinition } from '../../system/consortium.ts';
import { agree, publishAndBind, registerStations } from '../../system/register.ts';
import type { LocalSystem } from '../../system/system.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

const stationOf = (stationId: string, name: string): StationDefinition => ({
  ...{ stationId, name, address: `1 ${name}, Georgia`, timeZone: 'America/New_York' },
  outlets: [
    { evseId: `US*GPC*E${stationId.replace('-', '')}*1`, meterId: `METER-${stationId}`, maxPowerW: 50_000n },
  ],
});

/** Three stations of one outlet each, the second ten kilometres north of the first, the third fifty. */
export const ATLANTA = {
  peachtree: stationOf('GPC-1', 'Peachtree Street'),
  decatur: stationOf('GPC-2', 'Decatur Square'),
  marietta: stationOf('GPC-3', 'Marietta Park'),
};
/** A degree of latitude is 111,195 m. */
const NORTH_E6: Readonly<Record<string, number>> = { 'GPC-1': 0, 'GPC-2': 89_932, 'GPC-3': 449_660 };

const TARIFF = {
  tariffId: 'USGPC-FLAT',
  tariffVersion: 1,
  tariffJson: canonicalJson({
    ...{ country_code: 'US', party_id: 'GPC', id: 'USGPC-FLAT', currency: 'USD' },
    elements: [{ price_components: [{ type: 'ENERGY', price: '0.4', vat: '0', step_size: 1 }] }],
    last_updated: '2026-01-01T00:00:00Z',
  }),
};

/**
 * Stations of a further partner at which Alabama Power's customers may book, and where nobody waits for them. Nothing else of the
 * consortium touches them.
 */
export const openAtlanta = async (system: LocalSystem) => {
  const georgia = system.utility(GEORGIA_POWER.utilityId);
  const stations = Object.values(ATLANTA);
  await registerStations(georgia, { ...GEORGIA_POWER, stations }, system.keys);
  // The story's clock begins on the last full day of its place, up to two days ago, and catches up from there.
  const sinceMs = Date.now() - 3 * DAY_MS;
  const terms = { ...TERMS, agreementId: 'ALP-GPC-1', booking: { ...BOOKING, holdMs: 1 } };
  const agreed = await agree(georgia, system.utility(ALABAMA_POWER.utilityId), terms, sinceMs);
  const validity = { validFromMs: sinceMs, validUntilMs: sinceMs + YEAR_MS };
  await publishAndBind(georgia, { ...TARIFF, ...validity }, [agreed]);
  const tell = async ({ stationId }: StationDefinition, tasks: StationCalendar['tasks']) => {
    const url = `${georgia.gateway.url}/operator/v1/stations/${stationId}/calendar`;
    const { version } = await georgia.operator('GET', url, undefined, stationCalendar);
    await georgia.operator(
      'PUT',
      url,
      stationCalendar.encode({
        version,
        powerW: 50_000n,
        place: { latitudeE6: 33_750_000 + (NORTH_E6[stationId] ?? 0), longitudeE6: -84_390_000 },
        tasks,
      }),
      stationCalendar,
    );
  };
  for (const station of stations) await tell(station, []);
  return {
    /** Says what runs on a station's servers. */
    runs: tell,
  };
};
