import type { CborValue } from '../cbor/cbor.ts';
import type { OutletSensors } from '../charger/outlet-port.ts';
import { LOAD_QUERY, loadValue, type QuarterLoad } from './quarter-load.ts';
import type { FirmwareStanding } from '../firmware/firmware-update.ts';

/** What a utility may want to know of a charger besides its sessions. */
export interface ChargerHealth extends OutletSensors {
  readonly bootCounter: number;
  readonly uptimeMs: number;
  readonly unbooked: number;
  /** What the outlet gave in the last two days. */
  readonly load: QuarterLoad;
  /** Versions of its utility's words that hold here, by their kinds. */
  readonly versions: ReadonlyMap<string, number>;
  /** Where firmware can come by phones. */
  readonly firmware: FirmwareStanding | undefined;
}

const version = ({ versions }: ChargerHealth, kind: string): number => versions.get(kind) ?? 0;

/** By the name of the query; others are answered with nothing, so that a later utility can ask an earlier charger. */
const ANSWERS: Readonly<Record<string, (health: ChargerHealth) => CborValue>> = {
  boots: ({ bootCounter }) => bootCounter,
  uptime: ({ uptimeMs }) => uptimeMs,
  unbooked: ({ unbooked }) => unbooked,
  versions: (health) => [version(health, 'rules'), version(health, 'issuers')],
  plug: ({ isPlugged }) => isPlugged,
  faults: ({ faults }) => [...faults],
  register: ({ registerMilliWh }) => registerMilliWh,
  [LOAD_QUERY]: ({ load }) => loadValue(load),
  air: ({ temperatureDeciC, humidityPermille }) => [temperatureDeciC, humidityPermille],
};

/** What such answers are sealed as. */
export const DIAGNOSTICS = 'diagnostics';

/** Versions as they are said, by their kinds. */
export const versionRows = (versions: ReadonlyMap<string, number>): CborValue =>
  [...versions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, holds]): CborValue => [kind, holds]);

/**
 * Where and when it is said, what holds here, and the answers in this order, each behind its query; undefined before the utility has
 * said anything to it.
 */
export const diagnosed = (
  queries: readonly string[],
  evseId: string,
  nowS: number | undefined,
  health: ChargerHealth,
): CborValue | undefined => {
  if (version(health, 'rules') === 0) return undefined;
  const { bootCounter, uptimeMs, firmware } = health;
  const answers = queries.map((query): CborValue => [query, ANSWERS[query]?.(health) ?? null]);
  return [
    ...[evseId, bootCounter, uptimeMs, nowS ?? null, versionRows(health.versions)],
    firmware === undefined ? null : [firmware.model, firmware.installedVersion, firmware.releaseVersion],
    answers,
  ];
};
