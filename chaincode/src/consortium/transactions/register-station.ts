import { stateKey, stationRecord, type consortiumCommands } from '@roamgrid/wire';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { getActiveUtility } from '../registry.ts';

/** `US*DUK` of an outlet's id is `USDUK`, the utility that runs it. */
const operatorOf = (evseId: string): string => evseId.slice(0, 6).replace('*', '');

const isUnique = (values: readonly string[]): boolean => new Set(values).size === values.length;

/** Registers a station with its outlets, meters and keys, or its next version. */
export const registerStation: Verb<typeof consortiumCommands.registerStation> = async (tx, { station }) => {
  const utility = await getActiveUtility(tx, station.utilityId);
  requireMember(tx.caller, utility, ['operator']);
  for (const { evseId } of station.evses) {
    ensure(
      operatorOf(evseId) === station.utilityId,
      'INVALID_ARGUMENT',
      `${evseId} is not an outlet of ${station.utilityId}`,
    );
  }
  ensure(
    isUnique(station.evses.map(({ evseId }) => evseId)),
    'INVALID_ARGUMENT',
    'two outlets share an EVSE id',
  );
  ensure(
    isUnique(station.evses.map(({ meterId }) => meterId)),
    'INVALID_ARGUMENT',
    'two outlets share a meter',
  );

  const key = stateKey.station(station.utilityId, station.stationId);
  const version = ((await tx.find(stationRecord, key))?.version ?? 0) + 1;
  tx.put(stationRecord, key, { type: 'station', version, ...station });
};
