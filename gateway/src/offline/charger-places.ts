import { publicAuth, reply, route, type Route } from '@roamgrid/service-kit';
import {
  chargerRules,
  OFFLINE_STATIONS,
  offlineChargers,
  type OfflineChargers,
  type OfflineStation,
} from '@roamgrid/wire';
import { placesOf } from '../booking/calendar.ts';
import type { CertifyContext } from './certify.ts';

type PlacesContext = Pick<CertifyContext, 'db' | 'registry' | 'utilityId' | 'nowMs'>;

const byName = (one: OfflineStation, other: OfflineStation): number =>
  one.name < other.name || (one.name === other.name && one.stationId < other.stationId) ? -1 : 1;

/** Stations in service with chargers that were vouched for, and for whom each outlet is: for all, before anybody said anything. */
const chargersOf = async (context: PlacesContext): Promise<OfflineChargers> => {
  const { db, registry, utilityId, nowMs } = context;
  const [certified, said, places] = await Promise.all([
    db.selectFrom('offline_charger').select('evse_id').execute(),
    db.selectFrom('offline_word').select(['subject', 'said']).where('kind', '=', 'rules').execute(),
    placesOf(db),
  ]);
  const vouched = new Set(certified.map(({ evse_id }) => evse_id));
  const rules = new Map(said.map((row) => [row.subject, chargerRules.parse(JSON.parse(row.said))]));
  const stations = registry
    .stations()
    .filter((station) => station.utilityId === utilityId && station.status === 'active')
    .flatMap(({ stationId, name, address, evses }): readonly OfflineStation[] => {
      const place = places.get(stationId)?.place;
      const outlets = evses
        .filter((each) => vouched.has(each.evseId) && each.removedAtMs === undefined)
        .map(({ evseId: at, maxPowerW }) => {
          const { kind, price } = rules.get(at) ?? { kind: 'public-all' as const, price: 'quoted' };
          return { evseId: at, maxPowerW, kind, isFree: price === 'free' };
        });
      return outlets.length === 0
        ? []
        : [{ stationId, name, address, outlets, ...(place !== undefined && { place }) }];
    })
    .sort(byName);
  return {
    ...{ atMs: nowMs(), stations: stations.slice(0, OFFLINE_STATIONS) },
    isMore: stations.length > OFFLINE_STATIONS,
  };
};

export const placesRoute = (context: PlacesContext): Route =>
  route({
    method: 'get',
    path: '/offline/v1/chargers',
    summary: 'Where chargers are that hear of nobody, and for whom',
    auth: publicAuth,
    answers: { 200: offlineChargers },
    handler: async () => reply(200, await chargersOf(context)),
  });
