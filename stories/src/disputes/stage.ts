import { join } from 'node:path';
import { type BatterySpec } from '@roamgrid/station';
import { type Clock, steppedClock } from '@roamgrid/station-kit';
import type { Stage } from '../scenario/set-up.ts';
import { setUp } from '../scenario/set-up.ts';
import { lastFullDayAt } from '../scenario/start-time.ts';
import { CAR, FIRST_SWIPE, LIVE_AREA_ID } from '../scenario/story.ts';
import {
  ALABAMA_POWER,
  DUKE_ENERGY,
  GEORGIA_POWER,
  UTILITIES,
  type OutletDefinition,
  type StationDefinition,
} from '../system/consortium.ts';
import { emptyState } from '../system/empty-state.ts';
import { FeedingClock } from '../system/feeding-clock.ts';
import { makeOutlet } from '../system/outlet.ts';
import { startSystem, type LedgerChoice, type LocalSystem } from '../system/system.ts';
import type { RunningUtility, SystemTuning } from '../system/utility.ts';

export interface DisputeStoryOptions {
  /** Folder of the run; what an earlier run left there is removed. */
  readonly stateDir: string;
  readonly progress: (text: string) => void;
  readonly ledger: LedgerChoice;
  readonly logLevel: SystemTuning['logLevel'];
}

/** Alabama Power’s customer at Duke Energy’s stations, under an agreement whose times are short. */
export interface DisputeStage {
  readonly system: LocalSystem;
  readonly home: RunningUtility;
  readonly visited: RunningUtility;
  /** A member that is no party of anything here. */
  readonly third: RunningUtility;
  readonly clock: Clock;
  readonly cin: string;
  readonly station: StationDefinition;
  readonly definition: OutletDefinition;
  readonly progress: (text: string) => void;
  /** An outlet of the station as it is, or as whoever runs it has changed it. */
  outlet(changes?: OutletChanges): ReturnType<typeof makeOutlet>['outlet'];
}

export interface OutletChanges {
  readonly maxPowerW?: bigint;
  readonly vehicle?: BatterySpec;
  readonly clock?: Clock;
}

const PATIENCE_MS = 6 * 3_600_000;
/** How long a side may be silent, and how long a session may take to be settled. */
export const SHORT_MS = 30 * 60_000;

/** Starts the consortium, has the story lived on it, and verifies the chain at its end. */
export const onStage = async <T>(
  { stateDir, progress, ledger, logLevel }: DisputeStoryOptions,
  live: (stage: DisputeStage) => Promise<T>,
): Promise<{ readonly told: T; readonly chain: 'verified' | 'broken' }> => {
  await emptyState(stateDir);
  const [station] = DUKE_ENERGY.stations;
  const [definition] = station?.outlets ?? [];
  if (!station || !definition) throw new Error('Duke Energy has no station');
  const startMs = lastFullDayAt(Date.now(), station.timeZone, FIRST_SWIPE.hour, FIRST_SWIPE.minute);
  const story = steppedClock(startMs, Infinity);
  const system = await startSystem({
    stateDir,
    utilities: UTILITIES,
    ledger,
    tuning: {
      logLevel,
      simulated: { nowMs: story.nowMs, patienceMs: PATIENCE_MS, ledger: true },
      reapEveryMs: 500,
    },
    progress,
  });
  try {
    const times = { answerWithinMs: SHORT_MS, cdrBoundMs: SHORT_MS };
    const { cin, hoursToCome }: Stage = await setUp(system, startMs, progress, UTILITIES, times);
    const visited = system.utility(DUKE_ENERGY.utilityId);
    const clock = new FeedingClock(story, {
      operators: [visited],
      areaId: LIVE_AREA_ID,
      demand: hoursToCome,
    });
    const told = await live({
      system,
      home: system.utility(ALABAMA_POWER.utilityId),
      visited,
      third: system.utility(GEORGIA_POWER.utilityId),
      clock,
      cin,
      station,
      definition,
      progress,
      outlet: ({ maxPowerW = definition.maxPowerW, vehicle = CAR, clock: own = clock } = {}) =>
        makeOutlet(visited, station, { ...definition, maxPowerW }, system.keys, {
          clock: own,
          stateDir: join(stateDir, 'stations'),
          vehicle,
          timing: { stepMs: 10_000, readingEveryMs: 60_000 },
        }).outlet,
    });
    progress('verifying every block, signature and state again, from the files');
    const { verified } = await system.ledger.verify();
    return { told, chain: verified ? 'verified' : 'broken' };
  } finally {
    await system.close();
  }
};
