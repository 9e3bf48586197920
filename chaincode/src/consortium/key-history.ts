import {
  canonicalJson,
  KEY_HISTORY,
  presentKeys,
  type Dated,
  type DatedMeterKey,
  type EvseRecord,
  type PublicJwk,
  type stationRegistration,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { ensure } from '../context/index.ts';

/** A registration states the present; here it is merged with what the record has held before. */

type StatedOutlet = z.output<typeof stationRegistration>['evses'][number];
type MeterKey = Omit<DatedMeterKey, keyof Dated>;

/** The keys that sign an outlet's readings now: at most one of its meter and one of its operator. */
export const signersOf = ({ meterId, meterKey, operatorMeter }: StatedOutlet): readonly MeterKey[] => [
  ...(meterKey === undefined ? [] : [{ ...meterKey, meterId, signedBy: 'meter' as const }]),
  ...(operatorMeter === undefined
    ? []
    : [{ ...operatorMeter.meterKey, meterId: operatorMeter.meterId, signedBy: 'operator' as const }]),
];

const isForgotten = (endedAtMs: number | undefined, nowMs: number): boolean =>
  endedAtMs !== undefined && endedAtMs + KEY_HISTORY.endedForMs < nowMs;

const textOf = (key: Pick<PublicJwk, 'kid'> & Partial<Dated>): string => {
  const { fromMs: _from, untilMs: _until, ...undated } = key;
  return canonicalJson(undated);
};

/**
 * A list of keys as the record will hold it: a key that is still stated stays as it is, a new one counts from now on, one
 * that is left out until now. A key may come back, with a time of its own, but its kid never names another one: who reads
 * a kid in a signature finds one key.
 */
export const mergeKeys = <K extends Pick<PublicJwk, 'kid'>>(
  before: readonly (K & Dated)[],
  stated: readonly K[],
  nowMs: number,
  what: string,
): (K & Dated)[] => {
  for (const key of stated) {
    const other = before.find(({ kid }) => kid === key.kid);
    ensure(
      other === undefined || textOf(other) === textOf(key),
      'CONFLICT',
      `${what}: ${key.kid} has named another key before: give the new one a kid of its own`,
    );
  }
  const isStated = ({ kid }: K) => stated.some((key) => key.kid === kid);
  const present = presentKeys(before);
  const kept = before
    .filter(({ untilMs }) => !isForgotten(untilMs, nowMs))
    .map((key) =>
      key.untilMs !== undefined || isStated(key) ? key : { ...key, untilMs: Math.max(nowMs, key.fromMs) },
    );
  const added = stated
    .filter(({ kid }) => !present.some((key) => key.kid === kid))
    .map((key) => ({ ...key, fromMs: nowMs }));
  const merged = [...kept, ...added];
  ensure(
    merged.length <= KEY_HISTORY.keys,
    'TOO_LARGE',
    `${what}: a record keeps ${KEY_HISTORY.keys} keys, ended ones for 400 days: change keys less often, or wait until the oldest is dropped`,
  );
  return merged;
};

const endKeys = (evse: EvseRecord, nowMs: number): EvseRecord['meterKeys'] =>
  mergeKeys<MeterKey>(evse.meterKeys, [], nowMs, evse.evseId);

/** A station's outlets as the record will hold them; one that is left out stays with the time of its removal. */
export const mergeOutlets = (
  before: readonly EvseRecord[],
  stated: readonly StatedOutlet[],
  nowMs: number,
): EvseRecord[] => {
  const present = stated.map((outlet) => {
    const { evseId, meterId, maxPowerW } = outlet;
    const known = before.find((evse) => evse.evseId === evseId);
    const meterKeys = mergeKeys<MeterKey>(
      known?.meterKeys ?? [],
      signersOf(outlet),
      nowMs,
      `meter keys of ${evseId}`,
    );
    return { evseId, meterId, meterKeys, maxPowerW };
  });
  const gone = before
    .filter(({ evseId }) => !stated.some((outlet) => outlet.evseId === evseId))
    .filter(({ removedAtMs }) => !isForgotten(removedAtMs, nowMs))
    .map((evse) =>
      evse.removedAtMs === undefined
        ? { ...evse, meterKeys: endKeys(evse, nowMs), removedAtMs: nowMs }
        : evse,
    );
  const merged = [...present, ...gone];
  ensure(
    merged.length <= KEY_HISTORY.outlets,
    'TOO_LARGE',
    `a station's record keeps ${KEY_HISTORY.outlets} outlets, removed ones for 400 days: register the new ones as another station`,
  );
  return merged;
};
