import { type Clock, catchUpClock, systemClock } from '@roamgrid/station-kit';
import type { ServedBank } from '../bank/served-bank.ts';
import { bankOfStory, runAlabamaDuke } from '../scenario/alabama-duke.ts';
import { PAYMENTS } from '../scenario/story.ts';
import { UTILITIES } from '../system/consortium.ts';
import { startSystem, type LocalSystem } from '../system/system.ts';
import { registerStreetStation } from './street.ts';
import { keepStory, readStory, type KeptStory } from './kept-story.ts';

/** The story passes this many times faster than the wall, so that one can watch. */
const STORY_SPEED = 600;
/** After the story, stations charge this much faster until their clock has caught up with the wall's. */
const KIOSK_SPEED = 60;

/** What is running, told or taken up again. */
export interface Started {
  readonly system: LocalSystem;
  /** Runs once somebody has to pay by bank. */
  readonly bank: ServedBank;
  readonly story: KeptStory;
  /** What stations charge by. */
  readonly clock: Clock;
}

async function tell(stateDir: string, progress: (text: string) => void): Promise<Started> {
  const run = await runAlabamaDuke({
    stateDir,
    progress,
    speed: STORY_SPEED,
    ledger: { kind: 'embedded' },
    logLevel: 'silent',
  });
  const story = { report: run.report, cin: run.stage.cin };
  const clock = catchUpClock(run.endMs, KIOSK_SPEED);
  run.setClock(clock.nowMs);
  await registerStreetStation(run.system);
  // From here on the wall's time is the only one, in this run and in all that follow on the folder.
  await run.system.goLive();
  await keepStory(stateDir, story);
  return { system: run.system, bank: run.bank, story, clock };
}

/** Everything on its own data again: what was charged, billed and told since is there as well. */
async function takeUp(
  stateDir: string,
  story: KeptStory,
  progress: (text: string) => void,
): Promise<Started> {
  progress(`taking up what is in ${stateDir} again; --fresh begins anew`);
  const system = await startSystem({
    stateDir,
    utilities: UTILITIES,
    ledger: { kind: 'embedded' },
    tuning: { logLevel: 'silent', byToken: PAYMENTS },
    progress,
  });
  return { system, bank: bankOfStory(system, Date.now), story, clock: systemClock };
}

/** The consortium in this folder, with its story: told anew when nothing is there to go on with, or `isFresh`. */
export async function begin(
  stateDir: string,
  isFresh: boolean,
  progress: (text: string) => void,
): Promise<Started> {
  const kept = isFresh ? undefined : await readStory(stateDir);
  return kept === undefined ? tell(stateDir, progress) : takeUp(stateDir, kept, progress);
}
