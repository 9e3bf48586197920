import { join } from 'node:path';
import { unwrap } from '@roamgrid/domain';
import { BEARER } from '@roamgrid/offline';
import type { StationDefinition } from '../../system/consortium.ts';
import { openCustomer } from '../../system/customer.ts';
import { makeOutlet } from '../../system/outlet.ts';
import { openUnderground } from '../underground.ts';
import type { SlowLegs } from '../slow-legs.ts';
import type { OfflineStage } from '../stage.ts';
import type { StoryTime } from './story-time.ts';

/** SECURE-11: a start where nobody has to be asked, beside the first visit of a card through gateway, router and home. */

export interface StartsSeen {
  readonly delayEachWayMs: number;
  /** Of so many starts of each kind, until the driver hears that it charges: the middle one, hundredths of a millisecond. */
  readonly offlineStarts: number;
  readonly offlineP50: number;
  readonly firstVisits: number;
  readonly firstVisitP50: number;
  readonly firstVisitWithoutDelayP50: number;
}

const [OFFLINE, VISITS, DELAY_MS] = [21, 3, 50];
const LEAST_RATIO = 50;

const middle = (took: readonly number[]): number => {
  const sorted = [...took].sort((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 100);
};

const underground = async (folder: string): Promise<number> => {
  const there = await openUnderground(folder, { frameBytes: BEARER.gattUsual });
  try {
    const took: number[] = [];
    for (let start = 0; start < OFFLINE; start += 1) {
      const carried = await there.phone();
      await there.charger().act('plug-in');
      const begun = await there.meet(carried, { kind: 'start', energyWh: 10_000n });
      took.push(begun.tookMs);
      await unwrap(begun.met).end();
      await begun.leave();
      const { met, leave } = await there.meet(carried, { kind: 'stop' });
      await there.collect(unwrap(met));
      await unwrap(met).end();
      await leave();
      await there.charger().act('unplug');
    }
    return middle(took);
  } finally {
    await there.close();
  }
};

/** First visits of new customers, each at the same outlet. */
const throughNetwork = async (
  { stage, time, station, folder }: StartsInputs,
  name: string,
): Promise<number> => {
  const [definition] = station.outlets;
  if (definition === undefined) throw new Error('the station has an outlet');
  const { outlet } = makeOutlet(stage.duke, station, definition, stage.system.keys, {
    clock: { nowMs: time.nowMs, sleep: (ms) => time.pass(ms) },
    stateDir: join(folder, 'stations'),
    vehicle: { capacityWh: 60_000n, initialWh: 6_000n, maxPowerW: 22_000n },
  });
  const took: number[] = [];
  for (let visit = 0; visit < VISITS; visit += 1) {
    const { cin } = await openCustomer(
      stage.alabama,
      {
        ...{ name, login: `${name}-${visit}`, customerNumber: `${name.toUpperCase()}0000${visit}` },
        ...{ loyalty: 'none', customerClass: 'residential' },
        ...{ creditLimitMicros: 50_000_000n, currency: 'USD' },
      },
      stage.system.keys,
    );
    const beganMs = performance.now();
    const state = await outlet.swipe({ cin, method: 'card', requestedEnergyWh: 300n, plannedMs: 60_000 });
    if (state.screen !== 'offer') throw new Error(`the outlet shows ${JSON.stringify(state)}`);
    const { ended } = await outlet.consent(state.offer.quoteHash);
    took.push(performance.now() - beganMs);
    await ended;
    outlet.done();
  }
  return middle(took);
};

export interface StartsInputs {
  readonly stage: OfflineStage;
  readonly time: StoryTime;
  readonly legs: SlowLegs;
  /** With a network. */
  readonly station: StationDefinition;
  readonly folder: string;
}

export const liveStarts = async (inputs: StartsInputs): Promise<StartsSeen> => {
  const { legs, folder } = inputs;
  const offlineP50 = await underground(join(folder, 'starts'));
  const near = await throughNetwork(inputs, 'ne');
  legs.delayMs = DELAY_MS;
  const far = await throughNetwork(inputs, 'fa');
  legs.delayMs = 0;
  return {
    ...{ delayEachWayMs: DELAY_MS, offlineStarts: OFFLINE, offlineP50 },
    ...{ firstVisits: VISITS, firstVisitP50: far, firstVisitWithoutDelayP50: near },
  };
};

export const ratioOf = ({ offlineP50, firstVisitP50 }: StartsSeen): number =>
  Math.round((firstVisitP50 * 10) / offlineP50) / 10;

/** At least fifty times as fast; nothing takes no time, and nothing a minute. */
export const isStarts = (seen: StartsSeen): boolean =>
  seen.delayEachWayMs === DELAY_MS &&
  seen.offlineStarts === OFFLINE &&
  seen.firstVisits === VISITS &&
  seen.offlineP50 > 0 &&
  [seen.firstVisitP50, seen.firstVisitWithoutDelayP50].every((took) => took < 1_000_000) &&
  seen.firstVisitP50 >= LEAST_RATIO * seen.offlineP50;
