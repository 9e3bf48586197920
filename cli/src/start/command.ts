import { catchUpClock } from '@roamgrid/station';
import { Command } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { runAlabamaDuke } from '../scenario/alabama-duke.ts';
import { printReport } from '../scenario/print.ts';
import { DRIVER } from '../scenario/story.ts';
import { stateDirOf } from '../state-dir.ts';
import { passwordOf } from '../system/customer.ts';
import { cardText, servePages } from './pages.ts';

/** The story passes this many times faster than the wall, so that one can watch. */
const STORY_SPEED = 600;
/** After the story, stations charge this much faster until their clock has caught up with the wall's. */
const KIOSK_SPEED = 60;

interface Options {
  readonly once?: boolean;
  readonly port: string;
  readonly stateDir?: string;
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

async function start(options: Options): Promise<void> {
  const beganMs = Date.now();
  const progress = (text: string) =>
    process.stdout.write(`${((Date.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
  const run = await runAlabamaDuke({
    stateDir: stateDirOf('start', options.stateDir),
    progress,
    speed: STORY_SPEED,
    ledger: { kind: 'embedded' },
    logLevel: 'silent',
  });
  const { report, system, stage } = run;
  try {
    process.stdout.write(printReport(report));
    process.exitCode =
      report.chain === 'verified' && report.reconciliation.exact ? EXIT_CODES.ok : EXIT_CODES.checkFailed;
    if (options.once === true) return;
    const clock = catchUpClock(run.endMs, KIOSK_SPEED);
    run.setClock(clock.nowMs);
    const pages = await servePages(system, report, stage.cin, clock, Number(options.port));
    process.stdout.write(
      [
        `The figures as a page:  ${pages.overviewUrl}`,
        ...pages.kiosks.map(({ label, url }) => `Kiosk, ${label}:  ${url}`),
        `The driver's bill:  ${pages.driverUrl}  (login ${DRIVER.login}, password ${passwordOf(system.keys, DRIVER.login)})`,
        `The auditor's page:  ${pages.auditorUrl}`,
        `Duke Energy's operations page:  ${pages.operationsUrl}`,
        `The driver's card:  ${cardText(stage.cin)}`,
        'Everything runs until you press Ctrl+C.',
        '',
      ].join('\n'),
    );
    await untilInterrupted();
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
    .option('--once', 'end after the story')
    .option('--port <port>', 'port of the overview page; 0 picks a free one', '4400')
    .option('--state-dir <folder>', 'folder of the run; its content is replaced (default .roamgrid/start)')
    .action(start);
}
