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
import { mergeKeys, mergeOutlets, signersOf } from '../key-history.ts';
import { getActiveUtility, statusFrom } from '../registry.ts';

/** `US*DUK` of an outlet's id is `USDUK`, the utility that runs it. */
const operatorOf = (evseId: string): string => evseId.slice(0, 6).replace('*', '');

const isUnique = (values: readonly string[]): boolean => new Set(values).size === values.length;

type Stated = z.output<typeof stationRegistration>;

/**
 * A key that signs readings is of one group for ever, because what is billed there is compared in one book, and of one
 * kind: a meter's own key never speaks for its operator, nor the operator's for a meter.
 */
const bindMeterKey = async (
  tx: Transaction,
  { utilityId, group }: Stated,
  evseId: string,
  meterKey: ReturnType<typeof signersOf>[number],
): Promise<void> => {
  const { signedBy } = meterKey;
  const key = stateKey.meterKey(meterKeyId(meterKey));
  const bound = await tx.find(meterKeyRecord, key);
  ensure(
    bound?.houseId === undefined,
    'CONFLICT',
    `the meter key of ${evseId} is that of a house: its energy is paid for there`,
  );
  ensure(
    bound === undefined || (bound.utilityId === utilityId && bound.group === group),
    'CONFLICT',
    `the meter key of ${evseId} counts in group ${bound?.group ?? ''} of ${bound?.utilityId ?? ''}: its registers ascend there`,
  );
  ensure(
    bound === undefined || bound.signedBy === signedBy,
    'CONFLICT',
    `a key of ${evseId} was registered as the ${bound?.signedBy ?? ''}’s for ever: give the ${signedBy} one of its own`,
  );
  tx.put(meterKeyRecord, key, { type: 'meterKey', version: 1, utilityId, group, signedBy }, { ofItem: true });
};

/** An outlet is of one station for ever. */
const bindOutlets = async (
  tx: Transaction,
  before: StationRecord | undefined,
  station: Stated,
): Promise<void> => {
  const { stationId } = station;
  const nameOf = (key: ReturnType<typeof signersOf>[number]) => `${key.signedBy} ${meterKeyId(key)}`;
  const known = (before?.evses ?? []).flatMap(({ evseId, meterKeys }) => [evseId, ...meterKeys.map(nameOf)]);
  for (const outlet of station.evses) {
    const { evseId } = outlet;
    if (!known.includes(evseId)) {
      const key = stateKey.outlet(evseId);
      const bound = await tx.find(outletRecord, key);
      ensure(
        bound === undefined || bound.stationId === stationId,
        'CONFLICT',
        `${evseId} is an outlet of station ${bound?.stationId ?? ''}`,
      );
      tx.put(outletRecord, key, { type: 'outlet', version: 1, evseId, stationId }, { ofItem: true });
    }
    for (const key of signersOf(outlet)) {
      if (!known.includes(nameOf(key))) await bindMeterKey(tx, station, evseId, key);
    }
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
  for (const outlet of station.evses) {
    ensure(
      signersOf(outlet).length > 0,
      'INVALID_ARGUMENT',
      `nobody signs the readings of ${outlet.evseId}: state its meter’s key or the operator’s`,
    );
  }
  ensure(
    isUnique(
      station.evses.flatMap(({ meterId, operatorMeter }) => [
        meterId,
        ...(operatorMeter ? [operatorMeter.meterId] : []),
      ]),
    ),
    'INVALID_ARGUMENT',
    'two outlets share a meter, or an operator’s register has the id of a meter',
  );
  ensure(
    isUnique(station.evses.flatMap((outlet) => signersOf(outlet).map(meterKeyId))),
    'INVALID_ARGUMENT',
    'two meters share a key',
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
