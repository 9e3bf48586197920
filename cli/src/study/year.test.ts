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

const FILES = {
  load: LOAD,
  sessions: SESSIONS,
  forecast: FORECAST,
  torn: `${FORECAST}\n2019-07-01T00:00:00Z,n/a`,
  policy: '{"policyId":""}',
};
const SPAN = ['--from', '2018-10-01', '--to', '2018-10-14'];
const COLUMNS = ['--time-column', 'time_utc', '--label', 'end', '--value-column', 'demand_mw'];

async function year(...more: readonly string[]): Promise<Seen> {
  const { io, seen } = memoryIo(FILES);
  const inputs = ['--load', 'load', '--sessions', 'sessions', '--zone', 'America/New_York'];
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

  it('reads load and sessions in their publishers’ layouts, and tells what was found and what was left out', async () => {
    const rows = LOAD.trim().split('\n').slice(1);
    const smard = rows.map((line) => {
      const [end = '', megawatts = ''] = line.split(',');
      return `${end};x;${megawatts.replace(/(?=\d{3}$)/u, '.')},00`;
    });
    const [, ...kept] = SESSIONS.trim().split('\n');
    const elaad = kept.map((line) => {
      const [id, station, , from, to, energy = ''] = line.split(',');
      return `${id};${station};${from};${to};${energy.replace('.', ',')}`;
    });
    const { io, seen } = memoryIo({
      smard: ['Datum von;Datum bis;Netzlast [MWh] Stunde', ...smard].join('\n'),
      elaad: [
        'TransactionId;ChargePoint;UTCTransactionStart;UTCTransactionStop;TotalEnergy',
        ...elaad,
        'x;y;z;z;1',
      ].join('\n'),
      forecast: FORECAST,
    });
    const layouts = ['--layout', 'smard', '--zone', 'America/New_York', '--sessions-layout', 'elaad'];
    const files = ['--load', 'smard', '--sessions', 'elaad', '--forecast', 'forecast'];
    await studyCommand(io).parseAsync(['year', ...files, ...layouts, ...SPAN, '--json'], { from: 'user' });
    assert.equal(seen.code, 0, seen.err);
    const { inputs } = JSON.parse(seen.out) as {
      inputs: {
        forecast: { notes: string[] };
        load: { notes: string[] };
        sessions: { refused: Record<string, number>; replayed: number };
      };
    };
    assert.deepEqual(inputs.load.notes.slice(0, 2), [
      'fields are parted by semicolons',
      'the values are MWh of each interval, and so is the forecast',
    ]);
    assert.match(inputs.forecast.notes[0] ?? '', /^\d+ rows have no forecast$/u);
    // Four rows of the shipped file have no end.
    assert.equal(inputs.sessions.refused['BAD_TIME'], 5);
    assert.ok(inputs.sessions.replayed > 500);
  });

  it('says what is wrong with an input, and with which code', async () => {
    const refusals = [
      [['--forecast', 'nowhere'], 'FILE_UNREADABLE', 3],
      [['--forecast', 'sessions'], 'NO_COLUMN', 2],
      [['--forecast', 'torn'], 'TOO_MANY_BAD_ROWS', 3],
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
