import {
  meterKeyId,
  meterKeyRecord,
  outletRecord,
  stateKey,
  stationRecord,
  type consortiumCommands,
  type PublicJwk,
  type StationRecord,
  type stationRegistration,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { ensure, requireMember, type Transaction, type Verb } from '../../context/index.ts';
import { mergeKeys, mergeOutlets } from '../key-history.ts';
import { getActiveUtility, statusFrom } from '../registry.ts';

/** `US*DUK` of an outlet's id is `USDUK`, the utility that runs it. */
const operatorOf = (evseId: string): string => evseId.slice(0, 6).replace('*', '');

const isUnique = (values: readonly string[]): boolean => new Set(values).size === values.length;

type Stated = z.output<typeof stationRegistration>;

/** An outlet is of one station for ever, and a meter's key of one group: what is billed there is compared in one book. */
const bindOutlets = async (
  tx: Transaction,
  before: StationRecord | undefined,
  station: Stated,
): Promise<void> => {
  const known = (before?.evses ?? []).flatMap(({ evseId, meterKeys }) => [
    evseId,
    ...meterKeys.map(meterKeyId),
  ]);
  const { utilityId, stationId, group } = station;
  for (const { evseId, meterKey } of station.evses) {
    if (!known.includes(evseId)) {
      const key = stateKey.outlet(evseId);
      const outlet = await tx.find(outletRecord, key);
      ensure(
        outlet === undefined || outlet.stationId === stationId,
        'CONFLICT',
        `${evseId} is an outlet of station ${outlet?.stationId ?? ''}`,
      );
      tx.put(outletRecord, key, { type: 'outlet', version: 1, evseId, stationId }, { ofItem: true });
    }
    const keyId = meterKeyId(meterKey);
    if (known.includes(keyId)) continue;
    const key = stateKey.meterKey(keyId);
    const bound = await tx.find(meterKeyRecord, key);
    ensure(
      bound === undefined || (bound.utilityId === utilityId && bound.group === group),
      'CONFLICT',
      `the meter key of ${evseId} counts in group ${bound?.group ?? ''} of ${bound?.utilityId ?? ''}: its registers ascend there`,
    );
    tx.put(meterKeyRecord, key, { type: 'meterKey', version: 1, utilityId, group }, { ofItem: true });
  }
};

/**
 * Registers a station with its outlets, meters and keys, or its next version. What it replaces is kept with its time, so that
 * a session that runs there, or whose record is still to come, is judged by what it began with.
 */
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
  ensure(
    isUnique(station.evses.map(({ meterKey }) => meterKeyId(meterKey))),
    'INVALID_ARGUMENT',
    "two outlets share a meter's key",
  );

  const key = stateKey.station(station.utilityId, station.stationId);
  const before = await tx.find(stationRecord, key);
  ensure(
    before === undefined || before.group === station.group,
    'WRONG_STATE',
    `station ${station.stationId} is of group ${before?.group ?? ''} for ever`,
  );
  ensure(
    before === undefined || before.placeId === station.placeId,
    'WRONG_STATE',
    `station ${station.stationId} is at ${before?.placeId ?? 'no place'} for ever: register another station elsewhere`,
  );
  ensure(
    before === undefined || before.countryCode === station.countryCode,
    'WRONG_STATE',
    `station ${station.stationId} is in ${before?.countryCode ?? ''} for ever: register another station elsewhere`,
  );
  await bindOutlets(tx, before, station);
  const { evses, signingKey, ...stated } = station;
  tx.put(stationRecord, key, {
    type: 'station',
    version: (before?.version ?? 0) + 1,
    ...stated,
    evses: mergeOutlets(before?.evses ?? [], evses, tx.nowMs),
    signingKeys: mergeKeys<PublicJwk>(before?.signingKeys ?? [], [signingKey], tx.nowMs, 'signing keys'),
    statusFromMs: statusFrom(before, station, tx.nowMs),
  });
};
