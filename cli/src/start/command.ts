import { join } from 'node:path';
import { DRIVER } from '@roamgrid/stories/scenario';
import { begin, cardText, servePages } from '@roamgrid/stories/start';
import { passwordOf } from '@roamgrid/stories/system';
import { Command } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { parseAddress } from '../forecast/weather-options.ts';
import { printReport } from '../scenario/print.ts';
import { stateDirOf } from '../state-dir.ts';

interface Options {
  readonly once?: boolean;
  readonly fresh?: boolean;
  readonly port: string;
  readonly stateDir?: string;
  readonly weatherProvider?: string;
}

function untilInterrupted(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(undefined));
  });
}

/** By which another command finds what this one keeps; nothing where both look in the same place by themselves. */
const flagsOf = ({ stateDir }: Options): string => (stateDir === undefined ? '' : ` --state-dir ${stateDir}`);

async function start(options: Options): Promise<void> {
  const beganMs = Date.now();
  const progress = (text: string) =>
    process.stdout.write(`${((Date.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
  const stateDir = stateDirOf('start', options.stateDir);
  const isFresh = options.fresh === true || options.once === true;
  const { system, bank, story, clock } = await begin(stateDir, isFresh, progress);
  const { report, cin } = story;
  try {
    process.stdout.write(printReport(report));
    process.exitCode =
      report.chain === 'verified' && report.reconciliation.exact ? EXIT_CODES.ok : EXIT_CODES.checkFailed;
    if (options.once === true) return;
    const pages = await servePages(system, bank, story, clock, Number(options.port), options.weatherProvider);
    const { url, stationId } = pages.street.station;
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
        `A station that shares its power with servers (simulated), live:  ${pages.site.link}`,
        `The driver's card:  ${cardText(cin)}`,
        `Duke Energy's operators ask its OCPP door:  npx roamgrid ask${flagsOf(options)} USDUK GET ${pages.street.url}/operator/v1/stations`,
        `Be a street station that speaks OCPP:  npx roamgrid station simulate-ocpp${flagsOf(options)}  (${stationId} at ${url}, its password in ${join(stateDir, 'street.json')})`,
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
    .option(
      '--weather-provider <url>',
      "a provider of weather for the load forecasts that answers as Open-Meteo's previous-runs API does; nobody is asked without it. The demand here is a recorded year told as if it were this one, so that today's weather tries the provider and not the forecast",
      parseAddress,
    )
    .action(start);
}
