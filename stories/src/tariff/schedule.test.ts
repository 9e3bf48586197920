import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createZone,
  fail,
  forecastHashOf,
  formatDay,
  instantOfLocal,
  ok,
  parsePolicy,
  readForecast,
  TariffScheduler,
  type BoundBy,
  type DayPublication,
  type ForecastGap,
  type LedgerDoor,
  type PublishableForecast,
  type Result,
  type TariffPolicy,
} from '@roamgrid/tariff-service';
import { auditedTariffPage } from '@roamgrid/wire';
import { HEAT_TERMS, ZONE } from '../scenario/heat-wave-story.ts';
import { ALABAMA_POWER, DUKE_ENERGY, UTILITIES } from '../system/consortium.ts';
import { foundConsortium } from '../system/admission.ts';
import { agree } from '../system/register.ts';
import { startSystem, type LocalSystem } from '../system/system.ts';
import { operatorDoor } from './operator-door.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const GATE_MINUTES = 12 * 60;
const TARIFF_ID = 'USDUK-DAILY';
const zone = createZone(ZONE);
const FIRST_DAY = Math.floor((Date.now() + zone.offsetMs(Date.now())) / DAY_MS) + 2;
const at = (day: number, hour: number, minute = 0) =>
  instantOfLocal(zone, FIRST_DAY + day, hour * 60 + minute);

const policy = (version: number, fromMs: number, changes: object = {}): TariffPolicy => {
  const parsed = parsePolicy({
    policyId: 'duk-daily',
    version,
    utility: 'USDUK',
    currency: 'USD',
    timeZone: ZONE,
    validFromMs: fromMs,
    intervalMinutes: 60,
    baseMicrosPerKWh: '200000',
    floorMicrosPerKWh: '150000',
    ceilingMicrosPerKWh: '300000',
    tickMicrosPerKWh: '1000',
    maxStepMicrosPerKWh: '100000',
    noticeMinutes: 120,
    loadCurve: {
      kind: 'linear',
      points: [
        { ratioPpm: '400000', multiplierPpm: '750000' },
        { ratioPpm: '900000', multiplierPpm: '1500000' },
      ],
    },
    timeOfUse: [],
    budgetNeutral: false,
    review: { reviewer: 'tariff board', reviewedAtMs: fromMs },
    ...changes,
  });
  if (!parsed.ok) assert.fail(JSON.stringify(parsed.error));
  return parsed.value;
};

const forecastOf = (day: number, peakMegawatts: number): Result<PublishableForecast, ForecastGap> => {
  const intervals = Array.from({ length: 24 }, (_, hour) => ({
    startUtc: new Date(instantOfLocal(zone, day, hour * 60)).toISOString(),
    minutes: 60,
    point: peakMegawatts - 300 * Math.abs(17 - hour),
    quantiles: [],
  }));
  const read = readForecast(
    {
      area: 'DUK',
      modelId: 'DUK.v1',
      day: formatDay(day),
      gateUtc: new Date(instantOfLocal(zone, day - 1, GATE_MINUTES)).toISOString(),
      dataSha256: '0'.repeat(64),
      forecastHash: forecastHashOf(intervals),
      method: 'ensemble',
      weather: 'none',
      weatherNotes: [],
      levels: [],
      intervals,
    },
    1_000_000,
  );
  return read.ok ? ok(read.value) : fail({ code: 'FORECAST_MISSING', message: read.error.message });
};

/** What a day's publication came to, in short. */
const told = (each: DayPublication | undefined) =>
  each?.kind === 'published'
    ? `${each.when} v${each.tariffVersion} ${each.agreements.map(({ outcome }) => outcome).join()}`
    : `${each?.kind ?? 'nothing'} ${each?.code ?? ''}`;

describe('the scheduler that publishes each day’s tariff', function () {
  this.timeout(180_000);
  let folder: string;
  let system: LocalSystem;
  let door: LedgerDoor;
  let nowMs = at(0, 9);
  let peakMegawatts: number | undefined = 16_000;
  let asked = 0;
  let policies: TariffPolicy[];
  let agreements: readonly BoundBy[] = [];

  const scheduler = (through: LedgerDoor = door) =>
    new TariffScheduler({
      utilityId: DUKE_ENERGY.utilityId,
      tariffId: TARIFF_ID,
      zone,
      gateMinutes: GATE_MINUTES,
      policies: () => policies,
      capacityW: 21_000_000_000n,
      vatPercent: 7,
      validDays: 7,
      agreements: () => Promise.resolve(agreements),
      forecastOf: (day) => {
        asked += 1;
        return Promise.resolve(
          peakMegawatts === undefined
            ? fail({ code: 'FORECAST_MISSING', message: 'no model' })
            : forecastOf(day, peakMegawatts),
        );
      },
      door: through,
      nowMs: () => nowMs,
    });
  const onLedger = async () => {
    const duke = system.utility(DUKE_ENERGY.utilityId);
    const url = `${duke.gateway.url}/auditor/v1/tariffs?utilityId=USDUK`;
    const { items } = await duke.auditor('GET', url, undefined, auditedTariffPage);
    return items.map(
      ({ record, boundUnder }) =>
        `v${record.version} from ${new Date(record.validFromMs).toISOString()} ${boundUnder.join()}`,
    );
  };
  const line = (version: number, fromMs: number) =>
    `v${version} from ${new Date(fromMs).toISOString()} ${HEAT_TERMS.agreementId}`;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tariff-schedule-'));
    system = await startSystem({
      stateDir: folder,
      utilities: UTILITIES,
      ledger: { kind: 'embedded' },
      tuning: {
        logLevel: 'silent',
        simulated: { nowMs: () => nowMs, patienceMs: 6 * HOUR_MS, ledger: true },
      },
      progress: () => undefined,
    });
    await foundConsortium(
      UTILITIES.map(({ utilityId }) => system.utility(utilityId)),
      Date.now(),
    );
    const [duke, alabama] = [DUKE_ENERGY, ALABAMA_POWER].map(({ utilityId }) => system.utility(utilityId));
    assert.ok(duke && alabama);
    const terms = await agree(duke, alabama, HEAT_TERMS, at(0, 0) - DAY_MS);
    agreements = [{ agreementId: terms.agreementId, limits: terms }];
    policies = [policy(1, at(0, 0))];
    door = operatorDoor(system, DUKE_ENERGY.utilityId);
  });
  after(async () => {
    await system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('makes up for the rest of the day it comes up on, and waits for the gate with tomorrow', async () => {
    const own = scheduler();
    await own.tick();
    assert.deepEqual(own.days.map(told), ['now v1 bound']);
    assert.equal(own.nextGateMs, at(0, 12));
    nowMs = at(0, 11, 59);
    await own.tick();
    assert.equal(own.days.length, 1);
    nowMs = at(0, 12);
    await Promise.all([own.tick(), own.tick()]);
    assert.deepEqual(own.days.map(told), ['now v2 bound', 'now v1 bound']);
    assert.deepEqual(await onLedger(), [line(1, at(0, 11)), line(2, at(1, 0))]);
  });

  it('publishes nothing twice after a restart, also when the forecast would be another one now', async () => {
    const before = asked;
    peakMegawatts = 17_000;
    const own = scheduler();
    await own.tick();
    await own.tick();
    assert.deepEqual(own.days.map(told), ['before v2 bound-before', 'before v1 bound-before']);
    assert.equal(asked, before, 'nobody asked for a forecast');
    assert.equal((await onLedger()).length, 2);
  });

  it('binds what an earlier run had published and not bound', async () => {
    nowMs = at(1, 12, 1);
    const own = scheduler({
      ...door,
      bind: () => Promise.resolve({ ok: false, refusal: { code: 'UNREACHABLE', message: 'no answer' } }),
    });
    await own.tick();
    assert.equal(told(own.days[0]), 'now v3 refused');
    assert.equal((await onLedger()).at(-1), `v3 from ${new Date(at(2, 0)).toISOString()} `);
    const next = scheduler();
    await next.tick();
    assert.equal(told(next.days[0]), 'before v3 bound');
    assert.equal((await onLedger()).at(-1), line(3, at(2, 0)));
  });

  it('freezes the tariff while the forecast is missing, says why, and goes on when it is there', async () => {
    nowMs = at(2, 12);
    peakMegawatts = undefined;
    const own = scheduler();
    await own.tick();
    assert.deepEqual(own.days.map(told), ['frozen FORECAST_MISSING', 'before v3 bound-before']);
    const before = asked;
    nowMs = at(2, 12, 1);
    await own.tick();
    assert.equal(asked, before, 'not asked again at once');
    peakMegawatts = 16_000;
    nowMs = at(2, 12, 10);
    await own.tick();
    assert.equal(told(own.days[0]), 'now v4 bound');
  });

  it('freezes the tariff when the agreement forbids the prices, until the board reviews another policy', async () => {
    nowMs = at(3, 12);
    policies = [policy(2, at(3, 0), { ceilingMicrosPerKWh: '900000', baseMicrosPerKWh: '500000' })];
    const own = scheduler();
    await own.tick();
    assert.equal(told(own.days[0]), 'frozen OVER_CEILING');
    assert.equal((await onLedger()).length, 4);
    nowMs = at(3, 13);
    await own.tick();
    assert.equal(told(own.days[0]), 'frozen OVER_CEILING');
    policies = [...policies, policy(3, at(3, 13))];
    await own.tick();
    assert.equal(told(own.days[0]), 'now v5 bound');
    assert.equal((await onLedger()).at(-1), line(5, at(4, 0)));
  });

  it('prices only what is still to come when it was down for days', async () => {
    nowMs = at(9, 22);
    const own = scheduler();
    await own.tick();
    assert.deepEqual(own.days.map(told), ['now v6 bound', 'frozen DAY_OVER']);
    assert.equal((await onLedger()).at(-1), line(6, at(10, 0)));
  });
});
