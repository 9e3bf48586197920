import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createZone, forecastHashOf, instantOfLocal, parseDay } from '@roamgrid/tariff-service';

const TOOL = join(import.meta.dirname, '..', '..', 'bin', 'roamgrid.js');
const POLICY = join(import.meta.dirname, '..', '..', '..', 'data', 'policies', 'duk-variable-1.json');
const zone = createZone('America/New_York');
const DAY = parseDay('2026-07-15') ?? 0;

describe('roamgrid tariff policy', function () {
  this.timeout(60_000);
  let folder: string;
  let forecast: string;
  const write = (name: string, content: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  const policy = () => JSON.parse(readFileSync(POLICY, 'utf8')) as Record<string, unknown>;
  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [TOOL, 'tariff', 'policy', ...args], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tariff-policy-'));
    const intervals = Array.from({ length: 24 }, (_, hour) => ({
      startUtc: new Date(instantOfLocal(zone, DAY, hour * 60)).toISOString(),
      minutes: 60,
      point: 19_950 - 500 * Math.abs(17 - hour),
      quantiles: [],
    }));
    forecast = write('forecast.json', {
      area: 'DUK',
      modelId: 'DUK.v1',
      day: '2026-07-15',
      gateUtc: new Date(instantOfLocal(zone, DAY - 1, 720)).toISOString(),
      dataSha256: '0'.repeat(64),
      forecastHash: forecastHashOf(intervals),
      method: 'ensemble',
      weather: 'none',
      weatherNotes: [],
      levels: [],
      intervals,
    });
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('says what a good policy says', () => {
    const { status, stdout } = run(POLICY);
    assert.equal(status, 0);
    assert.match(stdout, /^duk-variable\.v1 of USDUK, America\/New_York, every 60 minutes\n/u);
    assert.match(stdout, /reviewed by Duke Energy tariff board/u);
    assert.match(stdout, /base 0\.230 USD per kWh, from 0\.150 to 0\.420, at most 0\.060/u);
  });

  it('shows the price of each hour, why, and the tariff elements that say the same', () => {
    const { status, stdout } = run(POLICY, '--forecast', forecast, '--capacity-mw', '21000', '--json');
    assert.equal(status, 0);
    const told = JSON.parse(stdout) as {
      inForce: boolean;
      slots: { minute: number; microsPerKWh: string; ratioPpm: string }[];
      elements: { price_components: { price: number }[]; restrictions?: { start_time: string } }[];
    };
    assert.equal(told.inForce, true);
    const peak = told.slots.find(({ minute }) => minute === 17 * 60);
    // 19.95 of 21 GW are 95 %: the last point of the curve, 1.8 times 0.23.
    assert.deepEqual([peak?.ratioPpm, peak?.microsPerKWh], ['950000', '414000']);
    const element = told.elements.find(({ restrictions }) => restrictions?.start_time === '17:00');
    assert.equal(element?.price_components[0]?.price, 0.414);
    assert.equal(told.elements.at(-1)?.restrictions, undefined);
  });

  it('shows the prices of a draft, and that it is not in force', () => {
    const draft = write('draft.json', { ...policy(), review: undefined });
    const { status, stdout } = run(draft, '--forecast', forecast, '--capacity-mw', '21000');
    assert.equal(status, 0);
    assert.match(stdout, /not reviewed: it prices nothing/u);
    assert.match(stdout, /17:00 {3}0\.414/u);
    const json = JSON.parse(run(draft, '--json').stdout) as { inForce: boolean };
    assert.equal(json.inForce, false);
  });

  it('ends with 3 for a policy or forecast that does not hold, saying where', () => {
    const bad = write('bad.json', { ...policy(), noticeMinutes: -1 });
    const { status, stderr, stdout } = run(bad, '--json');
    assert.equal(status, 3);
    assert.match(stderr, /bad\.json\/noticeMinutes: /u);
    const { problems } = JSON.parse(stdout) as { problems: { pointer: string }[] };
    assert.deepEqual(
      problems.map(({ pointer }) => pointer),
      ['/noticeMinutes'],
    );
    assert.equal(run(join(folder, 'none.json')).status, 3);
    const told = JSON.parse(readFileSync(forecast, 'utf8')) as { intervals: { point: number }[] };
    const [first, ...rest] = told.intervals;
    const altered = write('altered.json', {
      ...told,
      intervals: [{ ...first, point: 1 }, ...rest],
    });
    const refused = run(POLICY, '--forecast', altered, '--capacity-mw', '21000');
    assert.equal(refused.status, 3);
    assert.match(refused.stderr, /do not hash to forecastHash/u);
  });

  it('ends with 2 for a wrong command line and 0 for help', () => {
    assert.equal(run(POLICY, '--forecast', forecast).status, 2);
    assert.equal(run(POLICY, '--capacity-mw', '0').status, 2);
    assert.equal(run().status, 2);
    assert.equal(run('--help').status, 0);
  });
});
