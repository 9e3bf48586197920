import { instantMs, missingNumber, unbilledCode } from '@roamgrid/wire';
import { z } from 'zod';

const sideSeen = missingNumber.pick({ state: true, dueAtMs: true, demandedAtMs: true });
const check = z.strictObject({ row: z.string(), ok: z.boolean(), seen: z.string() });
type Check = z.output<typeof check>;

export const missingReport = z.strictObject({
  scenario: z.literal('missing-cdr'),
  ledger: z.enum(['embedded', 'native']),
  chain: z.enum(['verified', 'broken']),
  sessionId: z.string(),
  openedAtMs: instantMs,
  /** While its time runs, as each side lists it. */
  waiting: z.strictObject({ home: sideSeen, visited: sideSeen }),
  /** Once its time is over. */
  demanded: z.strictObject({ home: sideSeen, visited: sideSeen, third: z.int() }),
  /** How it ended, on both sides, and why nobody pays for it. */
  ended: z.strictObject({ home: sideSeen, visited: sideSeen, unbilled: unbilledCode }),
  /** Lines of it on the customer's bills, and invoices that were made after it. */
  billLines: z.int(),
  exact: z.boolean(),
  checks: z.array(check),
});
export type MissingReport = z.output<typeof missingReport>;
export type MissingReading = Omit<MissingReport, 'scenario' | 'ledger' | 'exact' | 'checks'>;

/** Both sides show the same of the number at each time, it was demanded once its time was over, and nobody pays for it. */
export const isExact = ({ waiting, demanded, ended, billLines }: MissingReading): boolean => {
  const isSame = ({ home, visited }: Pick<MissingReading['waiting'], 'home' | 'visited'>) =>
    home.state === visited.state &&
    home.dueAtMs === visited.dueAtMs &&
    home.demandedAtMs === visited.demandedAtMs;
  const { dueAtMs = Infinity } = waiting.home;
  const { demandedAtMs = 0 } = demanded.home;
  return (
    [waiting, demanded, ended].every(isSame) &&
    demandedAtMs > dueAtMs &&
    ended.home.demandedAtMs === demandedAtMs &&
    billLines === 0
  );
};

/** What the scenario shows, from what was read and nothing else. */
export const missingChecks = (reading: MissingReading): readonly Check[] => {
  const { sessionId, waiting, demanded, ended, billLines, chain } = reading;
  return [
    {
      row: 'ROAM-23',
      ok: waiting.home.state === 'opened' && waiting.home.demandedAtMs === undefined,
      seen: `${sessionId} opened and not ended, due at ${waiting.home.dueAtMs ?? 'no time'}, on both sides`,
    },
    {
      row: 'ROAM-23',
      ok: demanded.home.demandedAtMs !== undefined && demanded.third === 1,
      seen: `demanded by home’s node at ${demanded.home.demandedAtMs ?? 'no time'}; a third utility sees ${demanded.third} demand`,
    },
    {
      row: 'ROAM-23',
      ok: ended.home.state === 'voided' && ended.unbilled === 'station-silent',
      seen: `ended ${ended.home.state}: ${ended.unbilled}`,
    },
    { row: 'ROAM-23', ok: isExact(reading), seen: `the same on both sides, ${billLines} lines on bills` },
    { row: 'ROAM-13', ok: chain === 'verified', seen: `chain ${chain}` },
  ];
};
