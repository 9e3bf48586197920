import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HEAT_TERMS, policyJson, POLICY_CHANGES, ZONE } from '@roamgrid/stories/scenario';
import {
  agree,
  ALABAMA_POWER,
  DUKE_ENERGY,
  foundConsortium,
  startSystem,
  UTILITIES,
  type LocalSystem,
} from '@roamgrid/stories/system';
import { createZone, forecastHashOf, formatDay, instantOfLocal } from '@roamgrid/tariff-service';
import { agreementTerms, auditedTariffPage } from '@roamgrid/wire';
import { z } from 'zod';

const TOOL = join(import.meta.dirname, '..', '..', 'bin', 'roamgrid.js');
const run = promisify(execFile);
const DAY_MS = 86_400_000;
const zone = createZone(ZONE);
const tomorrow = Math.floor((Date.now() + zone.offsetMs(Date.now())) / DAY_MS) + 1;

/** A forecast of a local day whose load peaks at 17:00. */
const forecastFile = (day: number, peakMegawatts: number) => {
  const intervals = Array.from({ length: 24 }, (_, hour) => ({
    startUtc: new Date(instantOfLocal(zone, day, hour * 60)).toISOString(),
    minutes: 60,
    point: peakMegawatts - 400 * Math.abs(17 - hour),
    quantiles: [],
  }));
  return {
    area: 'DUK',
    modelId: 'DUK.v1',
    day: formatDay(day),
    gateUtc: new Date(instantOfLocal(zone, day - 1, 720)).toISOString(),
    dataSha256: '0'.repeat(64),
    forecastHash: forecastHashOf(intervals),
    method: 'ensemble',
    weather: 'none',
    weatherNotes: [],
    levels: [],
    intervals,
  };
};

describe('roamgrid tariff publish', function () {
  this.timeout(180_000);
  let folder: string;
  let system: LocalSystem;
  const file = (name: string, content: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  const policy = (version: number, changes: object = {}) => {
    const [change] = POLICY_CHANGES.filter((each) => each.version === version);
    assert.ok(change);
    const json = { ...policyJson(change, 0), ...changes };
    return file(`policy-${version}-${Object.keys(changes).join('-')}.json`, json);
  };
  const publish = async (forecast: string, policyFile: string, ...more: string[]) => {
    const args = ['--gateway', system.utility(DUKE_ENERGY.utilityId).gateway.url, '--utility', 'USDUK'];
    args.push('--operator-key', file('operator.json', system.keys.key('USDUK-operator')));
    args.push('--auditor-key', file('auditor.json', system.keys.key('auditor')));
    args.push('--policy', policyFile, '--forecast', forecast, '--tariff-id', 'USDUK-ADAPTIVE');
    args.push(
      '--capacity-mw',
      '21000',
      '--vat',
      '7',
      '--agreement',
      HEAT_TERMS.agreementId,
      '--json',
      ...more,
    );
    const { code, stdout, stderr } = await run(process.execPath, [TOOL, 'tariff', 'publish', ...args]).then(
      (done) => ({ code: 0, ...done }),
      (failed: unknown) => failed as { code: number; stdout: string; stderr: string },
    );
    return {
      code,
      stderr,
      made: JSON.parse(stdout === '' ? '{}' : stdout) as {
        kind: string;
        published: string;
        tariff: { version: number };
        agreements: { outcome: string; by?: string; limit?: string }[];
      },
    };
  };
  let termsFile: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tariff-publish-'));
    system = await startSystem({
      stateDir: join(folder, 'state'),
      utilities: UTILITIES,
      ledger: { kind: 'embedded' },
      tuning: { logLevel: 'silent' },
      progress: () => undefined,
    });
    await foundConsortium(
      UTILITIES.map(({ utilityId }) => system.utility(utilityId)),
      Date.now(),
    );
    const [duke, alabama] = [DUKE_ENERGY, ALABAMA_POWER].map(({ utilityId }) => system.utility(utilityId));
    assert.ok(duke && alabama);
    const terms = await agree(duke, alabama, HEAT_TERMS, Date.now() - DAY_MS);
    termsFile = file('terms.json', z.encode(agreementTerms, terms));
  });
  after(async () => {
    await system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('publishes and binds a version that names its policy, forecast and data cut', async () => {
    const forecast = forecastFile(tomorrow, 16_000);
    const { code, made } = await publish(file('day1.json', forecast), policy(1), '--terms', termsFile);
    assert.deepEqual([code, made.published, made.agreements[0]?.outcome], [0, 'now', 'bound']);
    const duke = system.utility(DUKE_ENERGY.utilityId);
    const url = `${duke.gateway.url}/auditor/v1/tariffs?utilityId=USDUK`;
    const { items } = await duke.auditor('GET', url, undefined, auditedTariffPage);
    assert.deepEqual(
      items.map(({ record, boundUnder }) => [record.version, record.origin, boundUnder]),
      [
        [
          1,
          {
            policyId: 'duk-heat.v1',
            forecastHash: forecast.forecastHash,
            dataCutMs: Date.parse(forecast.gateUtc),
          },
          [HEAT_TERMS.agreementId],
        ],
      ],
    );
  });

  it('changes nothing when it is told again', async () => {
    const { code, made } = await publish(file('day1.json', forecastFile(tomorrow, 16_000)), policy(1));
    assert.deepEqual([code, made.published, made.tariff.version], [0, 'before', 1]);
    assert.equal(made.agreements[0]?.outcome, 'bound-before');
  });

  it('holds back what the terms forbid, and reports what the contract refuses', async () => {
    const hot = file('day2.json', forecastFile(tomorrow + 1, 20_500));
    const steep = policy(2);
    const held = await publish(hot, steep, '--terms', termsFile);
    assert.deepEqual([held.code, held.made.published], [3, 'no']);
    assert.deepEqual(
      [held.made.agreements[0]?.by, held.made.agreements[0]?.limit],
      ['pre-check', 'OVER_CEILING'],
    );
    const refused = await publish(hot, steep);
    assert.deepEqual([refused.code, refused.made.published], [3, 'now']);
    assert.deepEqual(
      [refused.made.agreements[0]?.by, refused.made.agreements[0]?.limit],
      ['contract', 'OVER_CEILING'],
    );
    const again = await publish(hot, steep);
    assert.deepEqual([again.made.published, again.made.agreements[0]?.limit], ['before', 'OVER_CEILING']);
  });

  it('refuses an unreviewed policy and an altered forecast', async () => {
    const day = forecastFile(tomorrow + 1, 16_000);
    const { code, made } = await publish(file('day3.json', day), policy(1, { review: undefined }));
    assert.deepEqual([code, made.kind], [3, 'not-planned']);
    const altered = { ...day, intervals: day.intervals.map((each) => ({ ...each, point: each.point + 1 })) };
    const broken = await publish(file('day4.json', altered), policy(1));
    assert.equal(broken.code, 3);
    assert.match(broken.stderr, /FORECAST_ALTERED/);
  });
});
