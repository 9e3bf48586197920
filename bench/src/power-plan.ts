/**
 * `npx tsx bench/src/power-plan.ts --help`: how near to the best programme the rules and the plan come on a file of real sessions, with
 * true departures and with declared ones. Files without declared departures get them by a seeded error.
 */
import { writeFileSync } from 'node:fs';
import { simulate, type Knows, type SimulatedPolicy, type Stay } from '@roamgrid/energy-controller';
import { declare, ERRORS } from './declared-departures.ts';
import { onSessions, percent, readSessions, siteOf, type SessionFile } from './power-files.ts';

interface Options extends SessionFile {
  readonly from: string;
  readonly sites: string;
  readonly errors: string;
  readonly seed: string;
  readonly out?: string;
}

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
