import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { verifyBundle } from '@roamgrid/auditor';
import { nodePrimitives } from '@roamgrid/auditor/node';
import { heatWaveReport, type HeatWaveReport } from '@roamgrid/stories/scenario';

const TOOL = join(import.meta.dirname, '..', '..', 'bin', 'roamgrid.js');
const run = promisify(execFile);
const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);

describe('the heat-wave scenario', () => {
  let stateDir: string;
  let report: HeatWaveReport;

  before(async function () {
    this.timeout(300_000);
    stateDir = await mkdtemp(join(tmpdir(), 'heat-wave-'));
    const { stdout } = await run(
      process.execPath,
      [TOOL, 'scenario', 'heat-wave', '--json', '--state-dir', stateDir],
      { maxBuffer: 10_000_000 },
    );
    assert.equal(stdout.trim().split('\n').length, 1, 'one JSON object on standard output');
    report = heatWaveReport.parse(JSON.parse(stdout));
  });
  after(() => rm(stateDir, { recursive: true, force: true }));

  it('binds what keeps to the agreement, and has the contract refuse the rest by its limit', () => {
    assert.deepEqual(
      report.publications.map(({ tariffVersion, outcome, refusedBy, limit, published }) =>
        [tariffVersion, outcome, refusedBy, limit, published].filter((part) => part !== undefined).join(' '),
      ),
      [
        '1 bound now',
        '2 refused pre-check OVER_CEILING no',
        '2 refused contract OVER_CEILING now',
        '3 refused contract STEP_TOO_BIG now',
        '4 bound now',
        '5 refused contract NOTICE_TOO_SHORT now',
        '6 bound now',
      ],
    );
  });

  it('names policy, forecast and data cut of each version, and prices inside floor and ceiling', () => {
    for (const { forecastHash, dataCutMs, validFromMs, policyId, outcome, ...range } of report.publications) {
      assert.match(forecastHash, /^[0-9a-f]{64}$/);
      assert.match(policyId, /^duk-heat\.v\d$/);
      assert.ok(dataCutMs < validFromMs);
      if (outcome !== 'bound') continue;
      assert.ok(range.minMicrosPerKWh >= 80_000n && range.maxMicrosPerKWh <= 450_000n);
    }
  });

  it('never quotes a version that the contract refused', () => {
    assert.deepEqual(
      report.sessions.map(({ tariffVersion }) => tariffVersion),
      [1, 1, 4, 6, 6, 6],
    );
  });

  it('costs more at the peak of the heat than in the night before it', () => {
    const prices = report.sessions.map(({ lines }) =>
      Number(lines.find(({ kind }) => kind === 'ENERGY')?.unitPrice),
    );
    const [night = 1, noon = 0, peak = 0] = prices;
    assert.ok(night < noon && noon < peak, prices.join(' '));
  });

  it('moves the settlement with measured demand, down to the driver whole and up by half', () => {
    const [night, noon, peak] = report.sessions;
    assert.ok(night && noon && peak);
    assert.ok(night.movedMicros < 0n);
    assert.equal(night.betweenMicros, 0n);
    assert.equal(noon.movedMicros, 0n);
    assert.ok(peak.movedMicros > 0n && peak.betweenMicros > 0n);
    for (const { lines } of report.sessions) {
      for (const { kind, grid, amountMicros } of lines) {
        assert.equal(kind === 'ADAPTATION', grid !== undefined);
        if (grid === undefined) continue;
        assert.equal(grid.outcome === 'frozen', grid.demandW === undefined);
        if (grid.outcome === 'frozen') assert.equal(amountMicros, 0n);
      }
    }
  });

  it('has a stated outcome for a good, a missing, a lying and an impossible feed', () => {
    assert.deepEqual(
      report.sessions.map(({ demand }) => demand),
      [
        ['measured'],
        ['measured'],
        ['measured', 'measured'],
        ['last-good missing', 'frozen missing'],
        ['frozen contradictory'],
        ['measured'],
      ],
    );
  });

  it('is verified offline, each moved price from the demand that its settlement read on the ledger', async () => {
    const folder = join(stateDir, 'audit');
    const checkpoint = await readFile(join(folder, 'checkpoint.json'), 'utf8');
    for (const { sessionId } of report.sessions) {
      const bundle = await readFile(join(folder, `${sessionId}.json`), 'utf8');
      const verdict = await verifyBundle(nodePrimitives, bundle, checkpoint);
      assert.equal(verdict.holds ? '' : verdict.firstFailure, '', sessionId);
    }
  });

  it('keeps every bill under its consented cap and conserves every total', () => {
    for (const { lines, totalMicros, capMicros, shares } of report.sessions) {
      assert.ok(totalMicros <= capMicros);
      assert.equal(sum(lines.map(({ amountMicros, taxMicros }) => amountMicros + taxMicros)), totalMicros);
      assert.equal(sum(Object.values(shares)), totalMicros);
    }
    assert.equal(report.reconciliation.exact, true);
    assert.equal(report.reconciliation.cdrMicros, sum(report.sessions.map(({ totalMicros }) => totalMicros)));
    assert.equal(report.chain, 'verified');
  });
});
