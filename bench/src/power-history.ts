/**
 * `npx tsx bench/src/power-history.ts --help`: how much less energy stays unserved when the plan has learnt from four weeks before than when it has
 * learnt from nothing, on a file of real sessions whose departures are declared with a seeded error.
 */
import { writeFileSync } from 'node:fs';
import { simulate, type Stay } from '@roamgrid/energy-controller';
import { declare, ERRORS } from './declared-departures.ts';
import { onSessions, readSessions, siteOf, type SessionFile } from './power-files.ts';

interface Options extends SessionFile {
  readonly from: string;
  readonly sites: string;
  readonly errors: string;
  readonly seed: string;
  readonly weeks: string;
  readonly out?: string;
}

const WEEK_MS = 7 * 24 * 3_600_000;

async function measure(options: Options): Promise<void> {
  const stays = readSessions(options);
  const [firstMs, endMs] = [Date.parse(options.from), Date.parse(options.to)];
  const rows: object[] = [];
  for (const text of options.sites.split(','))
    for (const error of options.errors.split(',')) {
      const said = declare(stays, error, Number(options.seed));
      for (let fromMs = firstMs; fromMs < endMs; fromMs += WEEK_MS) {
        /** The week by a plan that knows so many weeks before it. */
        const unservedWh = async (weeks: number): Promise<string> => {
          const isKnown = ({ arrivalMs }: Stay): boolean =>
            arrivalMs >= fromMs - weeks * WEEK_MS && arrivalMs < fromMs + WEEK_MS;
          const known = said.filter(isKnown);
          const site = siteOf(text);
          const { optimumWh, deliveredWh } = await simulate({
            ...{ site, stays: known, policy: 'plan', knows: 'declared', fromMs },
          });
          return (optimumWh - deliveredWh).toString();
        };
        const row = {
          ...{ file: options.sessions.split('/').at(-1), site: text, error },
          from: new Date(fromMs).toISOString().slice(0, 10),
          unservedWh: { none: await unservedWh(0), history: await unservedWh(Number(options.weeks)) },
        };
        rows.push(row);
        console.log(JSON.stringify(row));
      }
    }
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(rows, undefined, 2)}\n`);
}

await onSessions('power-history')
  .option('--sites <list>', 'limit in kW and phases', '16x1')
  .option('--errors <list>', `of ${Object.keys(ERRORS).join(', ')}`, 'spread,late')
  .option('--seed <number>', 'of the errors', '1')
  .option('--weeks <number>', 'of history', '4')
  .option('--out <json>', 'write the rows')
  .action(measure)
  .parseAsync();
