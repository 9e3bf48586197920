import { TABLES } from '../tables.ts';
import { chartOf } from '../machine/chart.ts';

/** Where a table's chart stands in the guide. */
const place = (name: string): RegExp =>
  new RegExp(`(<!-- table ${name} -->\n)[^]*?(<!-- end of ${name} -->)`);

/** The guide with the charts of the tables as they are. @throws Error when it has no place for one */
export const withCharts = (guide: string): string =>
  Object.entries(TABLES).reduce((text, [name, table]) => {
    if (!place(name).test(text)) throw new Error(`the guide has no place for the table ${name}`);
    const chart = `\n<!-- prettier-ignore-start -->\n${chartOf(table)}\n<!-- prettier-ignore-end -->\n\n`;
    return text.replace(place(name), (_all, start: string, end: string) => `${start}${chart}${end}`);
  }, guide);
