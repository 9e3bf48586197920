import { catchUpClock, systemClock, type Clock } from '@roamgrid/station';
import { Command } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { runAlabamaDuke } from '../scenario/alabama-duke.ts';
import { printReport } from '../scenario/print.ts';
import { DRIVER } from '../scenario/story.ts';
import { stateDirOf } from '../state-dir.ts';
import { UTILITIES } from '../system/consortium.ts';
import { passwordOf } from '../system/customer.ts';
import { startSystem, type LocalSystem } from '../system/system.ts';
import { keepStory, readStory, type KeptStory } from './kept-story.ts';
import { cardText, servePages } from './pages.ts';

/** The story passes this many times faster than the wall, so that one can watch. */
const STORY_SPEED = 600;
/** After the story, stations charge this much faster until their clock has caught up with the wall's. */
const KIOSK_SPEED = 60;

interface Options {
  readonly once?: boolean;
  readonly fresh?: boolean;
  readonly port: string;
  readonly stateDir?: string;
}

function untilInterrupted(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(undefined));
  });
}

/** What is running, told or taken up again. */
interface Started {
  readonly system: LocalSystem;
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
  // From here on the wall's time is the only one, in this run and in all that follow on the folder.
  await run.system.goLive();
  await keepStory(stateDir, story);
  return { system: run.system, story, clock };
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
    tuning: { logLevel: 'silent' },
    progress,
  });
  return { system, story, clock: systemClock };
}

async function start(options: Options): Promise<void> {
  const beganMs = Date.now();
  const progress = (text: string) =>
    process.stdout.write(`${((Date.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
  const stateDir = stateDirOf('start', options.stateDir);
  const kept = options.fresh === true || options.once === true ? undefined : await readStory(stateDir);
  const { system, story, clock } =
    kept === undefined ? await tell(stateDir, progress) : await takeUp(stateDir, kept, progress);
  const { report, cin } = story;
  try {
    process.stdout.write(printReport(report));
    process.exitCode =
      report.chain === 'verified' && report.reconciliation.exact ? EXIT_CODES.ok : EXIT_CODES.checkFailed;
    if (options.once === true) return;
    const pages = await servePages(system, report, clock, Number(options.port));
    process.stdout.write(
      [
        `The figures as a page:  ${pages.overviewUrl}`,
        ...pages.kiosks.map(({ label, url }) => `Kiosk, ${label}:  ${url}`),
        ...pages.kiosks.map(
          ({ label, readerPath }) =>
            `Hold the card to the reader of ${label}:  npx roamgrid card ${cin} --reader ${readerPath}`,
        ),
        `The driver's bill:  ${pages.driverUrl}  (login ${DRIVER.login}, password ${passwordOf(system.keys, DRIVER.login)})`,
        `The auditor's page:  ${pages.auditorUrl}`,
        `Duke Energy's operations page:  ${pages.operationsUrl}`,
        `The driver's card:  ${cardText(cin)}`,
        'Everything runs until you press Ctrl+C.',
        '',
      ].join('\n'),
    );
    const gone = await Promise.race([untilInterrupted(), system.supervisor.gone]);
    if (gone !== undefined) {
      process.stderr.write(`roamgrid: ${gone.name} is gone for good: ${gone.reason}. Everything ends.\n`);
      process.exitCode = EXIT_CODES.checkFailed;
    }
    await pages.close();
  } finally {
    await system.close();
  }
}

/** `roamgrid start`: what `npm start` runs. */
export function startCommand(): Command {
  return new Command('start')
    .description(
      'bring the consortium up on this machine, tell the Alabama–Duke story, and leave the pages open',
    )
    .option('--once', 'tell the story anew and end after it')
    .option('--port <port>', 'port of the overview page; 0 picks a free one', '4400')
    .option('--fresh', 'empty the folder and tell the story anew, instead of going on with what is in it')
    .option('--state-dir <folder>', 'folder of the run, kept for the next one (default .roamgrid/start)')
    .action(start);
}
