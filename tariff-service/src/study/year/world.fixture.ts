import { type EnergyWh, energyWh, powerW, type Shares, shares, unwrap } from '@roamgrid/domain';
import type { LoadInterval } from '../../policy/slots.ts';
import { createZone, DAY_MS, instantOfLocal, parseDay } from '../../time/zone.ts';
import type { Loads } from './loads.ts';
import { HOUR_MS } from './place.ts';
import { studyPolicies } from './policies.ts';
import type { RecordedSession } from './sessions.ts';
import type { YearSetting } from './study.ts';

/** Two weeks around the end of daylight saving in New York, a load that peaks at 17:00, and sessions every hour. */
export const ZONE = createZone('America/New_York');
export const FROM_DAY = parseDay('2018-10-29') ?? 0;
export const TO_DAY = FROM_DAY + 13;
export const CAPACITY_W = 20_000_000_000n;

export const SHARES: Shares = unwrap(
  shares({ hun: 100_000n, vun: 680_000n, infrastructure: 200_000n, driver: 20_000n }),
);

/** Load by local day; `scale` bends its swing. */
export function days(scale: number): ReadonlyMap<number, readonly LoadInterval[]> {
  const found = new Map<number, LoadInterval[]>();
  for (let day = FROM_DAY; day <= TO_DAY; day++) {
    const list: LoadInterval[] = [];
    const endMs = instantOfLocal(ZONE, day + 1, 0);
    for (let startMs = instantOfLocal(ZONE, day, 0); startMs < endMs; startMs += HOUR_MS) {
      const hour = ((startMs + ZONE.offsetMs(startMs)) % DAY_MS) / HOUR_MS;
      const ratio = 0.65 + scale * 0.25 * Math.cos(((hour - 17) * Math.PI) / 12) + 0.005 * (day - FROM_DAY);
      list.push({ startMs, minutes: 60, loadW: BigInt(Math.round(ratio * 2e10)) });
    }
    found.set(day, list);
  }
  return found;
}

export function loads(forecastScale: number): Loads {
  const actual = days(1);
  const hours = [...actual.values()].flat();
  hours.sort((left, right) => (left.loadW > right.loadW ? -1 : 1));
  return {
    forecast: days(forecastScale),
    weeklyNaive: days(0.3),
    actual,
    filledIntervals: 0,
    forecastMapePercent: 0,
    naiveMapePercent: 0,
    highestBeforeW: CAPACITY_W,
    peakHours: new Set(hours.slice(0, 34).map(({ startMs }) => startMs)),
  };
}

/** One session an hour, 52 weeks earlier, of rising odd energies. */
export const RECORDED: readonly RecordedSession[] = Array.from({ length: 13 * 24 }, (_, index) => ({
  sessionId: `S${index}`,
  stationId: `P${index % 7}`,
  localStartMs: (FROM_DAY - 364) * DAY_MS + index * HOUR_MS + 17 * 60_000,
  durationMs: 40 * 60_000 + (index % 11) * 900_000,
  energyWh: energy(3_001n + BigInt(index) * 37n),
}));

export function energy(value: bigint): EnergyWh {
  return unwrap(energyWh(value));
}

export const SETTING: YearSetting = {
  zone: ZONE,
  fromDay: FROM_DAY,
  toDay: TO_DAY,
  gateMinutes: 720,
  capacityW: CAPACITY_W,
  policies: studyPolicies(ZONE.name),
  response: { elasticityPpm: 500_000n, windowMinutes: 240 },
  parties: { visited: 'USDUK', partners: ['USALP', 'USTVA'], roamingPpm: 300_000n, shares: SHARES },
  leastPowerW: unwrap(powerW(7_000n)),
};
