/**
 * `npx tsx bench/src/power-plan.ts --help`: how near to the best programme the rules and the plan come on a file of real sessions, with
 * true departures and with declared ones. Files without declared departures get them by a seeded error.
 */
import { writeFileSync } from 'node:fs';
import { seededChance } from '@roamgrid/domain/chance';
import { simulate, type Knows, type SimulatedPolicy, type Stay } from '@roamgrid/energy-controller';
import { onSessions, percent, readSessions, siteOf, type SessionFile } from './power-files.ts';

interface Options extends SessionFile {
  readonly from: string;
  readonly sites: string;
  readonly errors: string;
  readonly seed: string;
  readonly out?: string;
}

const HOUR_MS = 3_600_000;
const QUARTER_MS = HOUR_MS / 4;

const bell = (chance: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());

/** Ways in which drivers are wrong, hours after their true departure; `default` declares a stay that is the same for everybody. */
const ERRORS: Readonly<Record<string, (stay: Stay, chance: () => number) => number>> = {
  // Three in ten to a quarter of an hour, six by about two hours, one by about four.
  spread: ({ departureMs }, chance) => {
    const kind = chance();
    const hours = kind < 0.3 ? 0.25 : kind < 0.9 ? 2 : 4;
    return departureMs + hours * bell(chance) * HOUR_MS;
  },
  // Four in ten leave the eight hours that the app offers, two say an hour, the others are good to half an hour.
  default: ({ arrivalMs, departureMs }, chance) => {
    const kind = chance();
    if (kind < 0.4) return arrivalMs + 8 * HOUR_MS;
    return kind < 0.6 ? arrivalMs + HOUR_MS : departureMs + 0.5 * bell(chance) * HOUR_MS;
  },
  // A bell curve around the truth, two hours wide: no driver, hour or place is wrong in a way of its own.
  bell: ({ departureMs }, chance) => departureMs + 2 * bell(chance) * HOUR_MS,
  // Half are good, half say two to five hours too late.
  late: ({ departureMs }, chance) =>
    departureMs + (chance() < 0.5 ? 0.3 * bell(chance) : 2 + 3 * chance()) * HOUR_MS,
};

const declare = (stays: readonly Stay[], error: string, seed: number): readonly Stay[] => {
  const chance = seededChance(seed);
  return stays.map((stay) => {
    const wanted = ERRORS[error]?.(stay, chance) ?? stay.departureMs;
    const saidMs = Math.round(Math.max(wanted, stay.arrivalMs + QUARTER_MS) / QUARTER_MS) * QUARTER_MS;
    return { ...stay, declaredDepartureMs: saidMs };
  });
};

async function measure(options: Options): Promise<void> {
  const stays = readSessions(options);
  const fromMs = Date.parse(options.from);
  const rows: object[] = [];
  for (const text of options.sites.split(',')) {
    const site = siteOf(text);
    const of = async (policy: SimulatedPolicy, knows: Knows, these: readonly Stay[]) => {
      const began = performance.now();
      const report = await simulate({ site, stays: these, policy, knows, fromMs });
      return {
        report,
        part: percent(report.deliveredWh, report.optimumWh),
        seconds: (performance.now() - began) / 1000,
      };
    };
    const [edf, llf, plan] = [
      await of('edf', 'oracle', stays),
      await of('llf', 'oracle', stays),
      await of('plan', 'oracle', stays),
    ];
    const known = {
      file: options.sessions.split('/').at(-1),
      site: text,
      sessions: llf.report.sessions,
      servable: percent(llf.report.optimumWh, llf.report.requestedWh),
      knows: 'oracle',
      edf: edf.part,
      llf: llf.part,
      plan: plan.part,
      plannedShare: plan.report.plannedShare,
      solveMs: plan.report.solveMs,
      seconds: plan.seconds,
      violations: plan.report.violations,
    };
    rows.push(known);
    console.log(JSON.stringify(known));
    for (const error of options.errors.split(',')) {
      const said = declare(stays, error, Number(options.seed));
      const [rule, planned] = [await of('llf', 'declared', said), await of('plan', 'declared', said)];
      const weeks = new Map(rule.report.weeks.map(({ from, deliveredWh }) => [from, deliveredWh]));
      const worstWeek = Math.min(
        ...planned.report.weeks.map(({ from, deliveredWh }) => {
          const ruled = weeks.get(from) ?? 0n;
          return ruled === 0n ? 0 : percent(deliveredWh - ruled, ruled);
        }),
      );
      const declared = {
        file: known.file,
        site: text,
        knows: `declared, ${error}`,
        llf: rule.part,
        plan: planned.part,
        closed: (planned.part - rule.part) / (plan.part - rule.part),
        worstWeek,
        plannedShare: planned.report.plannedShare,
        solveMs: planned.report.solveMs,
        seconds: planned.seconds,
        violations: planned.report.violations,
      };
      rows.push(declared);
      console.log(JSON.stringify(declared));
    }
  }
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(rows, undefined, 2)}\n`);
}

await onSessions('power-plan')
  .option('--sites <list>', 'limit in kW and phases', '10x1,20x1,40x3')
  .option('--errors <list>', `of ${Object.keys(ERRORS).join(', ')}`, 'spread,default,late')
  .option('--seed <number>', 'of the errors', '1')
  .option('--out <json>', 'write the rows')
  .action(measure)
  .parseAsync();
