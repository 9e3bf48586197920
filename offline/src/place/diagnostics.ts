import type { CborValue } from '../cbor/cbor.ts';
import type { OutletSensors } from '../charger/outlet-port.ts';

/** What a utility may want to know of a charger besides its sessions. */
export interface ChargerHealth extends OutletSensors {
  readonly bootCounter: number;
  readonly uptimeMs: number;
  readonly unbooked: number;
  readonly rulesVersion: number;
  readonly issuersVersion: number;
}

/** By the name of the query; others are answered with nothing, so that a later utility can ask an earlier charger. */
const ANSWERS: Readonly<Record<string, (health: ChargerHealth) => CborValue>> = {
  boots: ({ bootCounter }) => bootCounter,
  uptime: ({ uptimeMs }) => uptimeMs,
  unbooked: ({ unbooked }) => unbooked,
  versions: ({ rulesVersion, issuersVersion }) => [rulesVersion, issuersVersion],
  plug: ({ isPlugged }) => isPlugged,
  faults: ({ faults }) => [...faults],
  register: ({ registerMilliWh }) => registerMilliWh,
  air: ({ temperatureDeciC, humidityPermille }) => [temperatureDeciC, humidityPermille],
};

/** What such answers are sealed as. */
export const DIAGNOSTICS = 'diagnostics';

/** Where, when and by which rules it was asked, and the answers in this order, each behind its query; undefined when nothing is asked. */
export const diagnosed = (
  queries: readonly string[],
  evseId: string,
  nowS: number | undefined,
  health: ChargerHealth,
): CborValue | undefined => {
  if (queries.length === 0) return undefined;
  const answers = queries.map((query): CborValue => [query, ANSWERS[query]?.(health) ?? null]);
  return [evseId, health.bootCounter, nowS ?? null, health.rulesVersion, answers];
};
