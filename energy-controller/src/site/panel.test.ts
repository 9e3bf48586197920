import assert from 'node:assert/strict';
import type { Source } from '@roamgrid/domain/power';
import type { PlantSource } from '../adapters/http/simulator/plant.ts';
import { claimOf, gridOf, MINUTE_MS, startStage, type Stage } from '../stage/stage.ts';

/** Of 100 kWh, so that a percent is a kilowatt-hour. */
const store = (percent: number, floor: number): NonNullable<Source['store']> => ({
  storedWh: BigInt(percent) * 1_000n,
  capacityWh: 100_000n,
  floorWh: BigInt(floor) * 1_000n,
});
const battery = (sourceId: string, kind: 'ess' | 'ev', percent: number, availableW = 7_000n): Source => ({
  ...{ sourceId, kind, nodeId: 'storage', availableW, store: store(percent, kind === 'ev' ? 40 : 20) },
});

/** One row: what holds, and who feeds the 3 kW of the house. */
interface Cell {
  readonly name: string;
  readonly demandPermille?: number;
  readonly ev?: number;
  readonly ess?: number;
  readonly isEvSilent?: boolean;
  readonly essW?: bigint;
  readonly claims?: 'no-consent' | 'charging';
  readonly gridW?: bigint;
  readonly feeds: Readonly<Record<string, bigint>>;
  readonly reason?: readonly [of: string, code: string];
  /** What people are asked to take less, W. */
  readonly tooMuchW?: bigint;
}

const LOAD_W = 3_000n;
const CELLS: readonly Cell[] = [
  { name: 'demand below the threshold', demandPermille: 790, ev: 62, ess: 55, feeds: { grid: LOAD_W } },
  { name: 'demand at the threshold', demandPermille: 800, ev: 62, ess: 55, feeds: { grid: LOAD_W } },
  { name: 'nobody says what the demand is', ev: 62, ess: 55, feeds: { grid: LOAD_W } },
  { name: 'the car holds more', demandPermille: 810, ev: 62, ess: 55, feeds: { ev: LOAD_W } },
  { name: 'the storage holds more', demandPermille: 810, ev: 62, ess: 70, feeds: { ess: LOAD_W } },
  { name: 'both hold the same', demandPermille: 810, ev: 60, ess: 60, feeds: { ess: LOAD_W } },
  { name: 'no car', demandPermille: 810, ess: 30, feeds: { ess: LOAD_W } },
  { name: 'no storage', demandPermille: 810, ev: 62, feeds: { ev: LOAD_W } },
  { name: 'neither', demandPermille: 810, feeds: { grid: LOAD_W }, tooMuchW: LOAD_W },
  {
    ...{
      name: 'the car was not heard for six minutes',
      demandPermille: 810,
      ev: 90,
      ess: 55,
      isEvSilent: true,
    },
    ...{ feeds: { ess: LOAD_W }, reason: ['ev', 'STALE'] },
  },
  {
    ...{
      name: 'the car’s owner did not consent',
      demandPermille: 810,
      ev: 90,
      ess: 55,
      claims: 'no-consent',
    },
    ...{ feeds: { ess: LOAD_W }, reason: ['ev', 'NO_CONSENT'] },
  },
  {
    ...{ name: 'the car is at its floor', demandPermille: 810, ev: 40, ess: 30 },
    ...{ feeds: { ess: LOAD_W }, reason: ['ev', 'AT_FLOOR'] },
  },
  {
    ...{ name: 'both are at their floors', demandPermille: 810, ev: 40, ess: 20 },
    ...{ feeds: { grid: LOAD_W }, tooMuchW: LOAD_W },
  },
  {
    ...{ name: 'the storage alone gives too little', demandPermille: 810, ess: 70, essW: 2_600n },
    ...{ feeds: { ess: 2_600n, grid: 400n }, tooMuchW: 400n },
  },
  {
    ...{ name: 'the fuller one gives too little alone', demandPermille: 810, ev: 62, ess: 70, essW: 1_000n },
    feeds: { ess: 1_000n, ev: 2_000n },
  },
  { name: 'the grid is away', demandPermille: 0, ev: 62, ess: 55, gridW: 0n, feeds: { ev: LOAD_W } },
];

describe('who feeds a house (PANEL-1)', function () {
  this.timeout(60_000);
  let stage: Stage;
  const grid: PlantSource = { source: gridOf(20_000n, 'house'), isTold: false };
  before(async () => {
    stage = await startStage({
      nodes: [
        { nodeId: 'house', kind: 'connection', hard: { totalW: '20000' } },
        { nodeId: 'circuits', kind: 'circuit', parentId: 'house' },
        { nodeId: 'storage', kind: 'circuit', parentId: 'house' },
      ],
      sources: [
        grid,
        { source: battery('ev', 'ev', 62), isTold: true },
        { source: battery('ess', 'ess', 55), isTold: true },
      ],
      site: { policyId: 'panel' },
      loads: [
        {
          ...{ loadId: 'circuits', nodeId: 'circuits', aloneW: 0n },
          claims: [claimOf('lights', 'circuits', LOAD_W, { kind: 'circuit' })],
        },
        { loadId: 'wallbox', nodeId: 'storage', aloneW: 0n, claims: [] },
      ],
    });
  });
  after(() => stage.close());

  const set = (sourceId: string, source: Source): void => {
    const one = stage.plant.sources.get(sourceId);
    assert.ok(one);
    one.source = source;
  };
  const gone = (sourceId: string, kind: 'ess' | 'ev'): Source => ({
    ...{ sourceId, kind, nodeId: 'storage', availableW: 0n },
  });

  for (const [at, cell] of CELLS.entries())
    it(`${cell.name}: ${Object.entries(cell.feeds)
      .map(([id, watts]) => `${id} ${watts} W`)
      .join(', ')}`, async () => {
      const { ev, ess, essW, claims, demandPermille, gridW = 20_000n } = cell;
      set('ev', ev === undefined ? gone('ev', 'ev') : battery('ev', 'ev', ev));
      set('ess', ess === undefined ? gone('ess', 'ess') : battery('ess', 'ess', ess, essW));
      set('grid', { ...grid.source, availableW: gridW });
      const wallbox = stage.plant.loads.get('wallbox');
      assert.ok(wallbox);
      const consent = claimOf('v2h', 'storage', 7_000n, { kind: 'discharge', sourceId: 'ev' });
      wallbox.claims = claims === 'no-consent' || ev === undefined ? [] : [consent];
      const { settings } = await stage.view();
      const signals = demandPermille === undefined ? {} : { gridDemandPermille: demandPermille };
      await stage.change(`cell-${at}`, { fromVersion: settings.version, signals });
      await stage.step();
      if (cell.isEvSilent === true) {
        stage.server.faults.set('ev', { isSilent: true });
        await stage.step(6 * MINUTE_MS);
      }
      await stage.step();
      stage.server.faults.clear();
      const { sources, loads, notices } = await stage.view();
      const shares = Object.fromEntries(
        sources.flatMap(({ sourceId, shareW }) => (shareW > 0n ? [[sourceId, shareW]] : [])),
      );
      assert.deepEqual(shares, cell.feeds);
      assert.equal(loads.find(({ loadId }) => loadId === 'circuits')?.claims[0]?.grantedW, LOAD_W);
      const asked = cell.tooMuchW === undefined ? [] : ['phone', 'thermostat', 'vehicle'];
      assert.deepEqual(
        notices.map(({ to, excessW }) => [to, excessW]),
        asked.map((to) => [to, cell.tooMuchW]),
      );
      if (cell.reason !== undefined) {
        const [of, code] = cell.reason;
        const said = sources.find(({ sourceId }) => sourceId === of)?.reasons.map(({ code: one }) => one);
        assert.ok(said?.includes(code), `${of}: ${said?.join(', ') ?? 'nothing'}`);
      }
    });

  it('opens the breaker of low priority in an outage below the floor, and goes on feeding the one of high priority (PANEL-3)', async () => {
    const [circuits, wallbox] = ['circuits', 'wallbox'].map((id) => stage.plant.loads.get(id));
    assert.ok(circuits && wallbox);
    wallbox.claims = [];
    circuits.claims = [
      claimOf('compressor', 'circuits', 2_000n, { kind: 'circuit', priority: 1, essential: true }),
      claimOf('lights', 'circuits', 1_000n, { kind: 'circuit', priority: 2 }),
    ];
    set('ev', gone('ev', 'ev'));
    set('grid', { ...grid.source, availableW: 0n });
    const { settings } = await stage.view();
    await stage.change('outage', { fromVersion: settings.version, signals: { outage: true } });
    const at = async (percent: number) => {
      const ess = battery('ess', 'ess', percent);
      set('ess', { ...ess, store: { ...store(percent, 30), essentialFloorWh: 10_000n } });
      await stage.step();
      return [stage.plant.takesW('circuits'), await stage.granted()];
    };
    assert.deepEqual(await at(31), [3_000n, { compressor: 2_000n, lights: 1_000n }]);
    assert.deepEqual(await at(29), [2_000n, { compressor: 2_000n, lights: 0n }]);
    const { actions } = await stage.view();
    assert.ok(
      actions.some(({ claimId, rule }) => claimId === 'lights' && rule === 'outage-opens-low-priority'),
    );
  });
});
