/**
 * `npx tsx bench/src/power-year.ts --help`: how long a year of many outlets takes, by each rule and by the plan, on two files of real sessions of which
 * the second is moved into the first one's year.
 */
import { writeFileSync } from 'node:fs';
import { simulate, type Knows, type SimulatedPolicy, type Stay } from '@roamgrid/energy-controller';
import { declare } from './declared-departures.ts';
import { onSessions, readSessions, siteOf, type SessionFile } from './power-files.ts';

interface Options extends SessionFile {
  readonly from: string;
  readonly beside: string;
  readonly movedDays: string;
  readonly site: string;
  readonly outletKw: string;
  readonly out?: string;
}

const DAY_MS = 24 * 3_600_000;
const RUNS: readonly (readonly [SimulatedPolicy, Knows])[] = [
  ['fcfs', 'oracle'],
  ['edf', 'oracle'],
  ['llf', 'oracle'],
  ['plan', 'oracle'],
  ['plan', 'declared'],
];

async function measure(options: Options): Promise<void> {
  const movedMs = Number(options.movedDays) * DAY_MS;
  const dayOf = (day: string): string => new Date(Date.parse(day) + movedMs).toISOString().slice(0, 10);
  const moved = readSessions({
    ...{ ...options, sessions: options.beside },
    ...{ history: dayOf(options.history), to: dayOf(options.to) },
  }).map((stay): Stay => ({
    ...stay,
    stationId: `beside ${stay.stationId}`,
    arrivalMs: stay.arrivalMs - movedMs,
    departureMs: stay.departureMs - movedMs,
  }));
  const stays = declare([...readSessions(options), ...moved], 'bell', 1);
  const outlets = new Set(stays.map(({ stationId }) => stationId)).size;
  const site = { ...siteOf(options.site), outletW: BigInt(options.outletKw) * 1_000n };
  const rows: object[] = [];
  for (const [policy, knows] of RUNS) {
    const began = performance.now();
    const report = await simulate({ site, stays, policy, knows, fromMs: Date.parse(options.from) });
    const row = {
      ...{ outlets, sessions: report.sessions, policy, knows },
      seconds: Math.round((performance.now() - began) / 100) / 10,
      ...{ plannedShare: report.plannedShare, solveMs: report.solveMs, violations: report.violations },
    };
    rows.push(row);
    console.log(JSON.stringify(row));
  }
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(rows, undefined, 2)}\n`);
}

await onSessions('power-year')
  .requiredOption('--beside <csv>', 'another file of sessions with the same columns')
  .option('--moved-days <days>', 'how much earlier its sessions are taken to be', '364')
  .option('--site <site>', 'limit in kW and phases', '45x3')
  .option('--outlet-kw <kW>', 'most of an outlet', '22')
  .option('--out <json>', 'write the rows')
  .action(measure)
  .parseAsync();
