import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryIo, type Seen } from '../study/memory.fixture.ts';
import { homeCommand } from './index.ts';

const HOME = readFileSync(
  join(import.meta.dirname, '../../../data/homes/ausgrid_customer12_2011-11.csv'),
  'utf8',
);

/** A rate as a list of seasons: 0.10 until six in the morning, 0.20 after it. */
const TARIFF = JSON.stringify({
  name: 'night and day',
  schedule: [
    {
      ...{ id: 'all', effective_start: '01-01', effective_end: '12-31', dow_mask: 'ALL' },
      ...{ times: [0, 6], tariffs: [0.1, 0.2] },
    },
  ],
});

const hours = Array.from({ length: 24 * 5 }, (_, hour) =>
  new Date(Date.UTC(2026, 10, 23, hour)).toISOString(),
);
/** A house that takes half a kilowatt, always. */
const EVEN = ['time,load', ...hours.map((at) => `${at},0.5`)].join('\n');
/** Two cars for the night, the first by eight with all it can take in the cheap hours and a little more, and one that asks for more than its stay. */
const CARS = [
  'arrival,departure,energy_kwh',
  '2026-11-26T17:00:00Z,2026-11-27T08:00:00Z,30',
  '2026-11-26T18:00:00Z,2026-11-27T07:00:00Z,14',
  '2026-11-27T10:00:00Z,2026-11-27T11:00:00Z,20',
  // It is still there when the days are over.
  '2026-11-27T20:00:00Z,2026-11-28T07:00:00Z,10',
].join('\n');

const FILES = { home: HOME, even: EVEN, cars: CARS, tariff: TARIFF, broken: 'time,load\nsoon,1\n' };

async function simulated(...args: readonly string[]): Promise<Seen> {
  const { io, seen } = memoryIo(FILES);
  await homeCommand(io).parseAsync(['simulate', ...args, '--tariff', 'tariff', '--json'], { from: 'user' });
  return seen;
}

type Printed = Readonly<Record<string, unknown>> & { readonly notes: readonly string[] };
const printed = async (code: number, ...args: readonly string[]): Promise<Printed> => {
  const seen = await simulated(...args);
  assert.equal(seen.code, code, seen.err);
  return JSON.parse(seen.out) as Printed;
};

const SOLAR_HOME = [
  ...[
    '--load',
    'home',
    '--time-column',
    'time_local',
    '--load-column',
    'load_kw',
    '--zone',
    'Australia/Sydney',
  ],
  ...[
    '--solar-column',
    'solar_kw',
    '--solar-scale',
    '4/1.04',
    '--battery-kwh',
    '8',
    '--battery-start-kwh',
    '4',
  ],
  ...['--connection-kw', '3'],
];
const EVEN_HOUSE = [
  ...['--load', 'even', '--time-column', 'time', '--load-column', 'load', '--zone', 'Etc/UTC'],
  ...['--connection-kw', '9', '--from', '2026-11-26', '--days', '2'],
];

describe('roamgrid home simulate', function () {
  this.timeout(120_000);

  it('pays what the best would where it knows what comes, and nothing above what a battery alone saves', async () => {
    const of = ['--from', '2011-11-29', '--days', '2', '--knows', 'foresight'];
    const report = await printed(0, ...SOLAR_HOME, ...of);
    const [cost, best] = [Number(report['costMicros']), Number(report['foresightMicros'])];
    assert.ok(cost >= best && cost <= best * 1.002, `${cost} beside ${best}`);
    assert.equal(report['overLimit'], 0);
    assert.ok(best < Number(report['onArrivalMicros']));
    assert.deepEqual(report.notes, [
      'solar_kw was multiplied by 4/1.04',
      'rows of 30 min were taken as even within',
    ]);
  });

  it('decides by what came before alone: what comes after the day changes nothing of it', async () => {
    const day = ['--from', '2011-11-11', '--days', '1'];
    const report = await printed(0, ...SOLAR_HOME, ...day);
    const cut = HOME.split('\n').filter((row) => row < '2011-11-12' || row.startsWith('time'));
    const { io, seen } = memoryIo({ ...FILES, home: cut.join('\n') });
    await homeCommand(io).parseAsync(['simulate', ...SOLAR_HOME, ...day, '--tariff', 'tariff', '--json'], {
      from: 'user',
    });
    assert.equal((JSON.parse(seen.out) as Printed)['costMicros'], report['costMicros']);
    assert.ok(Number(report['costMicros']) >= Number(report['foresightMicros']));
  });

  it('has every car full in time in the cheap hours, within the connection, and misses none but what no stay allows', async () => {
    const report = await printed(0, ...EVEN_HOUSE, '--sessions', 'cars');
    assert.deepEqual(
      [report['cars'], report['beyondStay'], report['departuresMissed'], report['overLimit']],
      [3, 1, 0, 0],
    );
    const [cost, best, arrival] = ['costMicros', 'foresightMicros', 'onArrivalMicros'].map((name) =>
      Number(report[name]),
    );
    assert.ok(cost !== undefined && best !== undefined && arrival !== undefined);
    assert.ok(cost <= best * 1.03, `${cost} beside ${best}`);
    assert.ok(cost <= arrival * 0.75, `${cost} beside ${arrival} on arrival`);
  });

  it('refuses in words what it cannot read', async () => {
    const of = (...args: readonly string[]) => simulated(...args, '--connection-kw', '9');
    const code = ({ out }: Seen): unknown => (JSON.parse(out) as { error: { code: string } }).error.code;
    const columns = ['--time-column', 'time', '--load-column', 'load', '--zone', 'Etc/UTC'];
    const broken = await of('--load', 'broken', ...columns, '--from', '2026-11-26', '--days', '1');
    assert.deepEqual([broken.code, code(broken)], [3, 'BAD_ROW']);
    assert.match(broken.err, /line 2: soon is no time/u);
    const beyond = await of('--load', 'even', ...columns, '--from', '2026-11-27', '--days', '9');
    assert.deepEqual([beyond.code, code(beyond)], [3, 'NO_DATA']);
    const unlearnt = await of('--load', 'even', ...columns, '--from', '2026-11-23', '--days', '1');
    assert.deepEqual([unlearnt.code, code(unlearnt)], [3, 'NO_HISTORY']);
    const nowhere = await of('--load', 'nowhere', ...columns, '--from', '2026-11-26', '--days', '1');
    assert.deepEqual([nowhere.code, code(nowhere)], [3, 'FILE_UNREADABLE']);
  });
});
