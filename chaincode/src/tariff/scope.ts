import { outletRecord, pathOf, stateKey, type StatedScope, type TariffScope } from '@roamgrid/wire';
import { getStation } from '../consortium/registry.ts';
import { ensure, refuse, type Transaction } from '../context/index.ts';

/**
 * What a tariff is for, with every wider name from the registry. Stations and outlets must stand there as the publisher's own;
 * a place is a name in its stations' registrations, and may have its price before the first one stands.
 */
export const resolveScope = async (
  tx: Transaction,
  utilityId: string,
  stated: StatedScope,
): Promise<TariffScope> => {
  if ('placeId' in stated) return stated;
  const stationId = 'stationId' in stated ? stated.stationId : await stationOf(tx, stated.evseId);
  const station = await getStation(tx, utilityId, stationId);
  if ('evseId' in stated) {
    ensure(
      station.evses.some(({ evseId }) => evseId === stated.evseId),
      'NOT_FOUND',
      `${stated.evseId} is no outlet of ${utilityId}`,
    );
    return pathOf(station, stated.evseId);
  }
  const { placeId } = station;
  return { ...(placeId !== undefined && { placeId }), stationId };
};

const stationOf = async (tx: Transaction, evseId: string): Promise<string> => {
  const outlet = await tx.find(outletRecord, stateKey.outlet(evseId));
  return outlet?.stationId ?? refuse('NOT_FOUND', `there is no outlet ${evseId}: register its station first`);
};
