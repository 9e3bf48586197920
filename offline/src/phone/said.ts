import { isWhole, type CborValue } from '../cbor/cbor.ts';
import { END_REASONS, type EndReason } from '../charger/outlet-port.ts';

/** What a charger says to a phone that started or stopped a session: only this phone can read it. Spec: SECURE-2. */

export interface SaidAtStart {
  readonly evseId: string;
  /** The charger's clock, seconds since 1970. */
  readonly nowS: number;
  /** Second in which the session has ended at the latest. */
  readonly endsS: number;
  /** Of this charger's sessions. */
  readonly number: number;
  readonly mostWh: bigint;
  readonly mostMicros: bigint;
}

export interface SaidAtStop {
  readonly number: number;
  readonly energyWh: bigint;
  /** By the token's price; the bill is never above it. */
  readonly costMicros: bigint;
  readonly reason: EndReason;
}

export interface SaidRunning {
  readonly number: number;
  /** Second in which the session has ended at the latest. */
  readonly endsS: number;
  /** When the car can have what was asked for at the soonest; undefined when it will not before the end. */
  readonly readyS: number | undefined;
  /** What may flow now, W. */
  readonly limitW: bigint;
}

/** Undefined for what says something else. */
export const readStarted = (answer: readonly CborValue[]): SaidAtStart | undefined => {
  const [evseId, nowS, endsS, number, energy, cost] = answer;
  if (typeof evseId !== 'string' || !isWhole(nowS) || !isWhole(endsS) || !isWhole(number)) return undefined;
  if (!isWhole(energy) || !isWhole(cost)) return undefined;
  return { evseId, nowS, endsS, number, mostWh: BigInt(energy), mostMicros: BigInt(cost) };
};

/** Undefined for what says something else, as of a session that a charger has forgotten. */
export const readStopped = (answer: readonly CborValue[]): SaidAtStop | undefined => {
  const [number, energy, cost, reason] = answer;
  const why = END_REASONS.find((one) => one === reason);
  if (!isWhole(number) || !isWhole(energy) || !isWhole(cost) || why === undefined) return undefined;
  return { number, energyWh: BigInt(energy), costMicros: BigInt(cost), reason: why };
};

/** How a session stands; undefined where this phone runs none. */
export const readRunning = (said: readonly CborValue[]): SaidRunning | undefined => {
  const [word, number, endsS, readyS, limit] = said;
  if (word !== 'running' || !isWhole(number) || !isWhole(endsS) || !isWhole(limit)) return undefined;
  return { number, endsS, readyS: isWhole(readyS) ? readyS : undefined, limitW: BigInt(limit) };
};
