import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Outlet } from '@roamgrid/station';
import { z } from 'zod';
import { systemClock } from '@roamgrid/station-kit';
import { setUp } from '../scenario/set-up.ts';
import { lastFullDayAt } from '../scenario/start-time.ts';
import { CAR } from '../scenario/story.ts';
import { ALABAMA_POWER, DUKE_ENERGY, UTILITIES } from './consortium.ts';
import { makeOutlet } from './outlet.ts';
import { tell } from './register.ts';
import { startSystem, type LocalSystem } from './system.ts';
import type { RunningUtility } from './utility.ts';

const GW = 1_000_000_000n;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ZONE = 'America/Chicago';

const RULES = {
  basePpm: '0',
  byLoyalty: { none: '0', gold: '-50000', diamond: '-80000', platinum: '-120000' },
  byPayment: { postpaid: '0', prepaid: '-10000', debit: '0', 'credit-card': '15000', crypto: '0' },
  grid: {
    demandAreaId: 'SOCO',
    generationAreaId: 'SOCO-GEN',
    capacityW: (30n * GW).toString(),
    timeZone: ZONE,
    maxAgeMs: 20 * MINUTE_MS,
    keptProfiles: 'ask-home',
    rules: [
      {
        ruleId: 'scarce',
        when: { demandOfCapacity: { fromPpm: '900000' } },
        addPpm: '40000',
        addByLoyalty: { none: '0', gold: '-10000', diamond: '-15000', platinum: '-20000' },
      },
      { ruleId: 'idle', when: { demandOfCapacity: { belowPpm: '300000' } }, addPpm: '-100000' },
      { ruleId: 'own-surplus', when: { generationOfDemand: { fromPpm: '1200000' } }, addPpm: '-8000' },
      { ruleId: 'evening', when: { peakLoad: { hours: { from: 18, until: 21 } } }, addPpm: '15000' },
    ],
  },
};

const version = z.object({ version: z.int() });
const decisions = z.object({
  decisions: z.array(
    z.object({
      rate: z.object({
        ruleVersion: z.int(),
        adjustmentPpm: z.string(),
        movedBy: z.string().optional(),
        grid: z.object({ outcome: z.string(), ruleId: z.string().optional() }).loose(),
      }),
    }),
  ),
});

describe('rates that follow the home grid', function () {
  this.timeout(120_000);
  let folder: string;
  let system: LocalSystem;
  let alabama: RunningUtility;
  let outlet: Outlet;
  let cin: string;
  let rulesVersion: number;
  let nowMs = lastFullDayAt(Date.now(), ZONE, 13, 0);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'grid-rates-'));
    system = await startSystem({
      stateDir: folder,
      utilities: UTILITIES,
      ledger: { kind: 'embedded' },
      tuning: {
        logLevel: 'silent',
        simulated: { nowMs: () => nowMs, patienceMs: 24 * HOUR_MS, ledger: true },
      },
      progress: () => undefined,
    });
    ({ cin } = await setUp(system, nowMs, () => undefined));
    alabama = system.utility(ALABAMA_POWER.utilityId);
    const [station] = DUKE_ENERGY.stations;
    const [definition] = station?.outlets ?? [];
    assert.ok(station && definition);
    ({ outlet } = makeOutlet(system.utility(DUKE_ENERGY.utilityId), station, definition, system.keys, {
      clock: { ...systemClock, nowMs: () => nowMs },
      stateDir: join(folder, 'stations'),
      vehicle: CAR,
    }));
    const url = `${alabama.aaa.url}/operator/v1/crp/residential/versions`;
    const draft = { rules: RULES, effectiveFromMs: nowMs - MINUTE_MS };
    rulesVersion = (await alabama.operator('POST', url, draft, version)).version;
    await alabama.reviewer('POST', `${url}/${rulesVersion}/review`, undefined, z.unknown());
    await alabama.operator('POST', `${url}/${rulesVersion}/activate`, undefined, z.unknown());
  });
  after(async () => {
    await system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The grid operator tells the ledger what the area shows now. */
  const record = (areaId: string, powerW: bigint) =>
    tell(alabama.gridOperator, alabama, 'grid', 'recordDemand', {
      commandId: `${areaId}-${nowMs}`,
      chunk: {
        utilityId: ALABAMA_POWER.utilityId,
        areaId,
        intervalMs: MINUTE_MS,
        readings: [{ atMs: nowMs, demandW: powerW.toString() }],
      },
    });

  const rates = async () => {
    const url = `${alabama.aaa.url}/operator/v1/decisions?limit=1`;
    const { decisions: found } = await alabama.operator('GET', url, undefined, decisions);
    assert.ok(found[0]);
    return found[0].rate;
  };

  /** Swipes at Duke Energy's outlet until Alabama Power's node has read the figures; gives what the driver is offered. */
  const offered = async (wanted: string) => {
    for (let left = 100; ; left -= 1) {
      const state = await outlet.swipe({
        cin,
        method: 'card',
        requestedEnergyWh: 1_000n,
        plannedMs: HOUR_MS,
      });
      assert.ok(
        state.screen === 'offer',
        JSON.stringify(state, (_, value: unknown) => String(value)),
      );
      outlet.decline();
      const rate = await rates();
      if ((rate.grid.ruleId ?? rate.grid.outcome) === wanted) {
        assert.equal(state.offer.authorisedBy, 'home');
        assert.equal(state.offer.quote.adjustmentPpm.toString(), rate.adjustmentPpm);
        assert.equal(rate.ruleVersion, rulesVersion);
        return { quote: state.offer.quote, rate };
      }
      assert.ok(left > 0, `${wanted} and not ${JSON.stringify(rate)}`);
      await sleep(300);
    }
  };

  it('offers the base rate while the home utility’s grid is unknown', async () => {
    assert.equal((await offered('no-figures')).quote.adjustmentPpm, -50_000n);
  });

  it('offers another rate once scarce supply stands on the ledger, and the base again after it', async () => {
    await record('SOCO', 28n * GW);
    const scarce = await offered('scarce');
    assert.equal(scarce.quote.adjustmentPpm, -20_000n);
    assert.deepEqual(scarce.rate.grid['demand'], { atMs: nowMs, powerW: (28n * GW).toString() });
    nowMs += 5 * MINUTE_MS;
    await record('SOCO', 20n * GW);
    const later = await offered('no-match');
    assert.equal(later.quote.adjustmentPpm, -50_000n);
    assert.ok(later.quote.estimateMicros < scarce.quote.estimateMicros);
  });

  it('follows generation, which is recorded under an area of its own', async () => {
    nowMs += 5 * MINUTE_MS;
    await record('SOCO', 20n * GW);
    await record('SOCO-GEN', 24n * GW);
    assert.equal((await offered('own-surplus')).quote.adjustmentPpm, -58_000n);
  });

  it('never leaves the agreement, however much the rules give', async () => {
    nowMs += 5 * MINUTE_MS;
    await record('SOCO', 8n * GW);
    const { quote, rate } = await offered('idle');
    assert.deepEqual([quote.adjustmentPpm, rate.movedBy], [-60_000n, 'agreement']);
  });

  it('follows the hours of peak load, and is the base rate again when the readings have grown old', async () => {
    nowMs += 6 * HOUR_MS;
    await record('SOCO', 20n * GW);
    assert.equal((await offered('evening')).quote.adjustmentPpm, -35_000n);
    nowMs += 21 * MINUTE_MS;
    assert.equal((await offered('no-figures')).quote.adjustmentPpm, -50_000n);
  });
});
