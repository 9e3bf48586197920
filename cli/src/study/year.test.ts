import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { studyCommand } from './index.ts';
import { memoryIo, type Seen } from './memory.fixture.ts';

const DATA = join(import.meta.dirname, '../../../data');
const LOAD = readFileSync(join(DATA, 'grid-load/eia_DUK_2018-07_2019-06.csv'), 'utf8');
const SESSIONS = readFileSync(join(DATA, 'sessions/perth_kinross_2017-10.csv'), 'utf8');

/** A forecast file of the shape that `roamgrid forecast backtest --out` writes, by the operator's column. */
const FORECAST = [
  'start_utc,forecast',
  ...LOAD.trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [end = '', measured, , forecast] = line.split(',');
      const start = new Date(Date.parse(end) - 3_600_000).toISOString();
      return `${start},${forecast === '' ? (measured ?? '') : (forecast ?? '')}`;
    }),
].join('\n');

const FILES = { load: LOAD, sessions: SESSIONS, forecast: FORECAST, policy: '{"policyId":""}' };
const SPAN = ['--from', '2018-10-01', '--to', '2018-10-14'];
const COLUMNS = ['--time-column', 'time_utc', '--label', 'end', '--value-column', 'demand_mw'];

async function year(...more: readonly string[]): Promise<Seen> {
  const { io, seen } = memoryIo(FILES);
  const inputs = ['--load', 'load', '--sessions', 'sessions', '--time-zone', 'America/New_York'];
  await studyCommand(io).parseAsync(['year', ...inputs, ...COLUMNS, ...SPAN, ...more], { from: 'user' });
  return seen;
}

interface Printed {
  readonly inputs: { readonly sessions: { readonly replayed: number; readonly shiftDays: number } };
  readonly tariffs: Readonly<
    Record<string, { readonly totalMicros: string; readonly split: Readonly<Record<string, string>> }>
  >;
  readonly conservation: { readonly holds: boolean; readonly checks: readonly unknown[] };
  readonly assumptions: { readonly capacityW: string };
}

describe('roamgrid study year', function () {
  this.timeout(60_000);

  it('replays the shipped sessions on the shipped load; every micro that drivers pay reaches a party', async () => {
    const seen = await year('--forecast', 'forecast', '--json', '--out', 'plots');
    assert.equal(seen.code, 0, seen.err);
    const printed = JSON.parse(seen.out) as Printed;
    assert.equal(printed.inputs.sessions.shiftDays, 364);
    assert.ok(printed.inputs.sessions.replayed > 500);
    assert.equal(printed.conservation.holds, true);
    assert.equal(printed.conservation.checks.length, 30);
    for (const { totalMicros, split } of Object.values(printed.tariffs))
      assert.equal(
        Object.values(split).reduce((sum, part) => sum + BigInt(part), 0n),
        BigInt(totalMicros),
      );
    assert.deepEqual(
      [...seen.files.keys()].sort(),
      ['energy', 'fairness', 'parties', 'prices', 'regret'].map((name) => join('plots', `year-${name}.svg`)),
    );
    for (const svg of seen.files.values()) {
      assert.match(svg, /<title id="title">[^<]+<\/title><desc id="desc">[^<]+<\/desc>/u);
      assert.doesNotMatch(svg, /NaN|undefined/u);
    }
  });

  it('takes capacity, elasticity and shares as given', async () => {
    const seen = await year(
      ...['--forecast', 'forecast', '--json', '--elasticity', '0', '--capacity-mw', '25000'],
      ...['--shares', 'vun=500000,infrastructure=500000', '--roaming', '0'],
    );
    const printed = JSON.parse(seen.out) as Printed & {
      readonly tariffs: Readonly<
        Record<string, { readonly movedSessions: number; readonly net: readonly object[] }>
      >;
    };
    assert.equal(printed.assumptions.capacityW, '25000000000');
    for (const { movedSessions, net, split } of Object.values(printed.tariffs)) {
      assert.deepEqual([movedSessions, net, split['hun'], split['driver']], [0, [], '0', '0']);
    }
  });

  it('says what is wrong with an input, and with which code', async () => {
    const refusals = [
      [['--forecast', 'nowhere'], 'FILE_UNREADABLE', 3],
      [['--forecast', 'sessions'], 'NO_COLUMN', 2],
      [['--forecast', 'forecast', '--policy', 'policy'], 'POLICY_INVALID', 3],
      [['--forecast', 'forecast', '--from', '2018-10-20'], 'BAD_OPTION', 2],
      [['--forecast', 'forecast', '--from', '2018-07-02', '--capacity-mw', '0'], 'BAD_OPTION', 2],
    ] as const;
    for (const [flags, code, exit] of refusals) {
      const seen = await year('--json', ...flags);
      assert.equal(seen.code, exit, code);
      assert.match(seen.out, new RegExp(`"code": "${code}"`, 'u'));
      assert.match(seen.err, new RegExp(code, 'u'));
    }
  });
});
