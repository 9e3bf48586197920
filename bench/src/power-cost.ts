/**
 * `npx tsx bench/src/power-cost.ts --help`: what a span of real sessions costs by the plan beside least laxity first, where departures are
 * known and a tariff prices energy and the month's highest power. Clock times of file and tariff are taken as they stand.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { simulate, type SimulationReport } from '@roamgrid/energy-controller';
import { createZone, readTouRate } from '@roamgrid/tariff-service';
import { onSessions, percent, readSessions, siteOf, type SessionFile } from './power-files.ts';

interface Options extends SessionFile {
  readonly from: string;
  readonly site: string;
  readonly tariffs: string;
  readonly out?: string;
}

const costOf = ({ cost }: SimulationReport): bigint => (cost?.energyMicros ?? 0n) + (cost?.peakMicros ?? 0n);

async function measure(options: Options): Promise<void> {
  const stays = readSessions(options);
  const rows: object[] = [];
  for (const file of options.tariffs.split(',')) {
    const read = readTouRate(readFileSync(file, 'utf8'), createZone('Etc/UTC'));
    if (!read.ok) throw new Error(`${file}: ${read.error.message}`);
    const of = (policy: 'llf' | 'plan') =>
      simulate({
        ...{ site: siteOf(options.site), stays, policy, knows: 'oracle' },
        ...{ fromMs: Date.parse(options.from), pricing: read.value },
      });
    const began = performance.now();
    const [llf, plan] = [await of('llf'), await of('plan')];
    const row = {
      ...{ file: basename(options.sessions), from: options.from, site: options.site },
      tariff: basename(file, '.json'),
      sessions: plan.sessions,
      llfMicros: costOf(llf).toString(),
      planMicros: costOf(plan).toString(),
      savedPercent: percent(costOf(llf) - costOf(plan), costOf(llf)),
      peakW: { llf: llf.peakW.toString(), plan: plan.peakW.toString() },
      deliveredPercentOfLlf: percent(plan.deliveredWh, llf.deliveredWh),
      violations: plan.violations,
      seconds: (performance.now() - began) / 1000,
    };
    rows.push(row);
    console.log(JSON.stringify(row));
  }
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(rows, undefined, 2)}\n`);
}

await onSessions('power-cost')
  .requiredOption('--site <limit>', 'limit in kW and phases: 60x1')
  .requiredOption('--tariffs <list>', 'files of tariffs')
  .option('--out <json>', 'write the rows')
  .action(measure)
  .parseAsync();
