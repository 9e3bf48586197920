import { join } from 'node:path';
import { loadCsv } from '@roamgrid/tariff-service';
import {
  forecastFromFile,
  forecastNow,
  loadsOf,
  readSessions,
  studyPolicies,
  yearPlots,
  type YearSetting,
  yearStudy,
} from '@roamgrid/tariff-service/study';
import { Command } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { toldOptionsOf } from '../forecast/options.ts';
import { csvOptionsOf } from '../forecast/read-data.ts';
import { type Io, jsonText } from './io.ts';
import { readPolicy, withYearOptions, type YearOptions } from './year-options.ts';
import { yearJson, yearTable } from './year-output.ts';

/** An input that was refused: caught once, in the command. */
class Refused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** `roamgrid study year`: real sessions replayed under flat, time-of-use and adaptive tariffs on real load. */
export function yearCommand(io: Io): Command {
  return withYearOptions(
    new Command('year').description(
      'replay charging sessions under flat, time-of-use and adaptive tariffs on a real load: who earns, who pays, what a forecast costs',
    ),
  )
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 2 wrong command line, 3 an input was refused, 4 the money does not add up.',
    )
    .action((options: YearOptions) => {
      try {
        run(options, io);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (options.json) io.out(jsonText({ error: { code: error.code, message: error.message } }));
        io.err(`error: ${error.message} (${error.code})\n`);
        io.exitCode(
          error.code === 'BAD_OPTION' || error.code === 'NO_COLUMN' ? EXIT_CODES.usage : EXIT_CODES.refused,
        );
      }
    });
}

function run(options: YearOptions, io: Io): void {
  const { from, to, gate } = options;
  if (to < from) throw new Refused('BAD_OPTION', 'the span ends before it begins');
  const bytes = read(io, options.load);
  const { csv, zone } = need(csvOptionsOf(bytes, options, toldOptionsOf(options)));
  const data = need(loadCsv(bytes, zone, csv));
  const sessions = need(
    readSessions(read(io, options.sessions), options.highestPower, options.sessionsLayout),
  );
  const { forecast, notes } =
    options.forecast === undefined
      ? {
          forecast: need(
            forecastNow(
              data,
              {
                fromDay: from,
                toDay: to,
                gateMinutes: gate,
                holidays: options.holidays,
                temperatureMode: 'known',
                usePublished: options.useOperatorForecast === true,
              },
              progressTo(io),
            ),
          ),
          notes: [],
        }
      : need(forecastFromFile(read(io, options.forecast)));
  const span = { fromDay: from, toDay: to, gateMinutes: gate };
  const loads = loadsOf(data, forecast, span, options.unit);
  const capacityW =
    options.capacityMw === undefined ? loads.highestBeforeW : BigInt(options.capacityMw) * 1_000_000n;
  if (capacityW === undefined || capacityW === 0n)
    throw new Refused('BAD_OPTION', 'no load was measured before the span: give --capacity-mw');
  const policies = studyPolicies(zone.name);
  const adaptive =
    options.policy === undefined
      ? policies.adaptive
      : readPolicy(Buffer.from(read(io, options.policy)).toString());
  if (typeof adaptive === 'string') throw new Refused('POLICY_INVALID', adaptive);
  const setting: YearSetting = {
    zone,
    ...span,
    capacityW,
    policies: { ...policies, adaptive },
    response: { elasticityPpm: options.elasticity, windowMinutes: options.windowHours * 60 },
    parties: {
      visited: adaptive.utility,
      partners: options.partners,
      roamingPpm: options.roaming,
      shares: options.shares,
    },
    leastPowerW: options.chargePower,
  };
  const study = need(yearStudy(sessions.sessions, loads, setting));
  if (options.out !== undefined)
    for (const [name, svg] of yearPlots(study)) io.write(join(options.out, name), svg);
  const report = {
    study,
    setting,
    loads,
    sessions,
    loadSha256: data.provenance.sha256,
    loadNotes: data.report.notes,
    forecastNotes: notes,
  };
  io.out(options.json ? jsonText(yearJson(report)) : yearTable(report));
  io.exitCode(study.checks.every(({ holds }) => holds) ? EXIT_CODES.ok : EXIT_CODES.checkFailed);
}

function need<T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly error: { readonly code: string; readonly message: string } },
): T {
  if (!result.ok) throw new Refused(result.error.code, result.error.message);
  return result.value;
}

function read(io: Io, path: string): Uint8Array {
  try {
    return io.read(path);
  } catch {
    throw new Refused('FILE_UNREADABLE', `cannot read ${path}`);
  }
}

function progressTo(io: Io): (done: number, of: number) => void {
  let shownMs = performance.now();
  return (done, of) => {
    if (performance.now() - shownMs < 2000) return;
    shownMs = performance.now();
    io.err(`forecast ${done} of ${of} days\n`);
  };
}
