import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryIo, type Seen } from '../study/memory.fixture.ts';
import { powerCommand } from './index.ts';

const DATA = join(import.meta.dirname, '../../../data');
const PERTH = readFileSync(join(DATA, 'sessions/perth_kinross_2017-10.csv'), 'utf8');
const TARIFF = readFileSync(join(DATA, 'tariffs/urdb_sdge_ev-hp.json'), 'utf8');

const OWN = [
  'from,to,kwh,outlet,phase,says',
  '2026-11-30T08:00:00+01:00,2026-11-30T09:00:00+01:00,7.36,a,L1,2026-11-30T18:00:00+01:00',
  '2026-11-30T07:00:00Z,2026-11-30T10:00:00Z,7.36,b,L1,2026-11-30T09:00:00Z',
  '2026-11-30T07:00:00Z,2026-11-30T08:00:00Z,99,c,L2,',
  'soon,2026-11-30T08:00:00Z,1,c,L2,',
].join('\n');

const FILES = { perth: PERTH, tariff: TARIFF, own: OWN };
const PERTH_COLUMNS = [
  ...['--arrival-column', 'plug_in', '--departure-column', 'plug_out', '--energy-column', 'energy_kwh'],
  ...['--station-column', 'station_id', '--zone', 'Europe/London', '--limit-kw', '20'],
];
const OWN_COLUMNS = ['--arrival-column', 'from', '--departure-column', 'to', '--energy-column', 'kwh'];

async function simulated(...args: readonly string[]): Promise<Seen> {
  const { io, seen } = memoryIo(FILES);
  await powerCommand(io).parseAsync(['simulate', ...args], { from: 'user' });
  return seen;
}

interface Printed {
  readonly [name: string]: unknown;
  readonly deliveredKwh: number;
  readonly requestedKwh: number;
  readonly optimumKwh: number;
  readonly violations: number;
  readonly exact: boolean;
  readonly notes: readonly string[];
}

const printed = async (...args: readonly string[]): Promise<Printed> => {
  const seen = await simulated(...args, '--json');
  assert.equal(seen.code, 0, seen.err);
  return JSON.parse(seen.out) as Printed;
};

describe('roamgrid power simulate', function () {
  this.timeout(60_000);

  it('lives through a month of real sessions: limits are kept, and the rules stand in their order', async () => {
    const of = (policy: string) =>
      printed('--sessions', 'perth', ...PERTH_COLUMNS, '--policy', policy, '--from', '2017-10-16');
    const [fcfs, edf, llf] = [await of('fcfs'), await of('edf'), await of('llf')];
    for (const report of [fcfs, edf, llf]) {
      assert.equal(report.violations, 0);
      assert.ok(report.exact);
      assert.equal(report.optimumKwh, fcfs.optimumKwh);
      assert.ok(report.deliveredKwh <= report.optimumKwh);
      assert.ok((report['peakKw'] as number) <= 20);
    }
    assert.ok(fcfs.deliveredKwh < edf.deliveredKwh && edf.deliveredKwh < llf.deliveredKwh);
    assert.ok(llf.deliveredKwh > 0.99 * llf.optimumKwh);
    assert.ok((llf['historySessions'] as number) > 500 && (llf['sessions'] as number) > 500);
    assert.deepEqual([llf['plannedShare'], llf['solveMs'], llf['costMicros']], [0, null, null]);
    assert.match(llf.notes.join(), /left out: .*NO_STAY.*more than an outlet gives/su);
  });

  it('plans the steps in which the limit binds, tells who decided each, and learns from history', async () => {
    const span = ['--from', '2017-10-30', '--to', '2017-10-31'];
    const of = (policy: string, ...more: readonly string[]) =>
      printed('--sessions', 'perth', ...PERTH_COLUMNS, '--policy', policy, ...span, ...more);
    const [plan, edf] = [await of('plan'), await of('edf')];
    assert.deepEqual([plan.violations, plan.exact, plan['plannedShare']], [0, true, 1]);
    assert.ok(plan.deliveredKwh >= 0.99 * plan.optimumKwh && plan.deliveredKwh >= edf.deliveredKwh);
    const { steps, reasons, solveMs } = plan as unknown as {
      steps: Record<string, number>;
      reasons: { steps: number; decidedBy: string }[];
      solveMs: Record<string, number>;
    };
    for (const by of ['open', 'rule', 'plan'])
      assert.equal(
        reasons.filter(({ decidedBy }) => decidedBy === by).reduce((sum, one) => sum + one.steps, 0),
        steps[by],
      );
    assert.ok((solveMs['p99'] ?? 0) >= (solveMs['p50'] ?? 0));
    // Nothing is declared: when cars leave is learnt from those of the month before.
    const blind = await of('plan', '--knows', 'declared');
    const [first] = [await of('fcfs')];
    assert.equal(blind.violations, 0);
    assert.ok(first.deliveredKwh < blind.deliveredKwh && blind.deliveredKwh <= plan.optimumKwh);
  });

  it('prints the same bytes twice, and prices what was delivered', async () => {
    const args = ['--sessions', 'perth', ...PERTH_COLUMNS, '--policy', 'llf', '--from', '2017-10-29'];
    const priced = [...args, '--tariff', 'tariff', '--phases', '3', '--json'];
    const [first, second] = [await simulated(...priced), await simulated(...priced)];
    assert.equal(first.out, second.out);
    const { costMicros, cost } = JSON.parse(first.out) as {
      costMicros: string;
      cost: Record<'energyMicros' | 'peakMicros', string>;
    };
    assert.equal(BigInt(costMicros), BigInt(cost.energyMicros) + BigInt(cost.peakMicros));
    assert.ok(BigInt(cost.peakMicros) > 0n);
  });

  it('reads offsets, phases and declared departures, and notes what a stay does not allow', async () => {
    const one = ['--sessions', 'own', ...OWN_COLUMNS, '--limit-kw', '10', '--outlet-kw', '7.36'];
    const known = await printed(...one, '--policy', 'llf');
    // Two share 43 A for an hour; the third takes what is left over in neither.
    assert.deepEqual([known.optimumKwh, known['knows']], [17.25, 'oracle']);
    const declared = await printed(...one, '--declared-departure-column', 'says', '--policy', 'llf');
    assert.equal(declared['knows'], 'declared');
    assert.ok(declared.deliveredKwh < known.deliveredKwh);
    const three = [...one, '--phases', '3', '--phase-column', 'phase', '--limit-kw', '30'];
    const phased = await printed(...three, '--policy', 'llf');
    assert.equal(phased.deliveredKwh, 22.08);
    assert.match(phased.notes.join('; '), /1 BAD_TIME.*1 sessions ask for more/u);
    const text = await simulated(...one, '--policy', 'edf');
    assert.match(text.out, /limits {6}kept in every step/u);
  });

  it('refuses in words what it cannot read', async () => {
    const base = ['--sessions', 'own', '--limit-kw', '10', '--policy', 'llf'];
    const bad = [
      [
        [...base, '--arrival-column', 'x', '--departure-column', 'to', '--energy-column', 'kwh'],
        3,
        'NO_COLUMN',
      ],
      [[...base, ...OWN_COLUMNS, '--from', 'monday'], 2, 'BAD_OPTION'],
      [[...base, ...OWN_COLUMNS, '--from', '2027-01-01'], 3, 'NO_SESSION'],
      [[...base, ...OWN_COLUMNS, '--tariff', 'own'], 3, 'BAD_TARIFF'],
      [[...base, ...OWN_COLUMNS, '--sessions', 'none'], 3, 'FILE_UNREADABLE'],
    ] as const;
    for (const [args, code, name] of bad) {
      const seen = await simulated(...args, '--json');
      assert.equal(seen.code, code, seen.err);
      assert.match(seen.err, new RegExp(`\\(${name}\\)`, 'u'));
      assert.equal((JSON.parse(seen.out) as { error: { code: string } }).error.code, name);
    }
  });
});
