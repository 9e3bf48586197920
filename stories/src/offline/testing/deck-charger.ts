import { setWord, stationCalendar } from '@roamgrid/wire';
import { startCharger, type ChargerProcess } from '../charger-process.ts';
import { setUpCharger } from '../charger-set-up.ts';
import { CAR_PARK, EVSE_ID, type OfflineStage } from '../stage.ts';

/** The utility says where the deck is and, in what phones carry, that it is a private outlet of somebody else's. */
export const tellOfDeck = async ({ duke }: OfflineStage): Promise<void> => {
  const [station] = CAR_PARK.stations;
  const calendar = `${duke.gateway.url}/operator/v1/stations/${station?.stationId ?? ''}/calendar`;
  const place = { latitudeE6: 35_995_900, longitudeE6: -78_902_000 };
  await duke.operator('PUT', calendar, { version: 0, place, tasks: [] }, stationCalendar);
  const rules = `${duke.gateway.url}/operator/v1/offline/chargers/${encodeURIComponent(EVSE_ID)}/rules`;
  const said = { kind: 'private', zone: 'America/New_York', drivers: ['00'.repeat(32)] };
  await duke.operator('PUT', rules, said, setWord.pick({ version: true }));
};

/** The car park's charger in a process of its own, set up by what its utility's gateway says. */
export const startDeckCharger = async (stage: OfflineStage, folder: string): Promise<ChargerProcess> => {
  const [station] = CAR_PARK.stations;
  if (station === undefined) throw new Error('the car park has a station');
  return startCharger(await setUpCharger(stage, station, 0, folder));
};
