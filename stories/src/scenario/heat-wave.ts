import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { steppedClock } from '@roamgrid/station-kit';
import {
  createZone,
  instantOfLocal,
  parsePolicy,
  publishTariff,
  type PublishableForecast,
  type TariffPolicy,
} from '@roamgrid/tariff-service';
import type { AgreementTerms, Cdr } from '@roamgrid/wire';
import { emptyState } from '../system/empty-state.ts';
import { ALABAMA_POWER, DUKE_ENERGY, GEORGIA_POWER, UTILITIES } from '../system/consortium.ts';
import { openCustomer, setChargingRules } from '../system/customer.ts';
import { FeedingClock } from '../system/feeding-clock.ts';
import { readDemand } from '../system/grid-demand.ts';
import { makeOutlet } from '../system/outlet.ts';
import { foundConsortium } from '../system/admission.ts';
import { agree, registerStations } from '../system/register.ts';
import { startSystem, type LedgerChoice, type LocalSystem } from '../system/system.ts';
import type { SystemTuning } from '../system/utility.ts';
import { visit } from './charge.ts';
import { toldInHeat } from './heat-wave-feed.ts';
import { dayOf, forecastDays } from './heat-wave-forecast.ts';
import { heatSession, heatWaveReportOf, publicationReport, type HeatWaveReport } from './heat-wave-report.ts';
import {
  AREA_ID,
  CAPACITY_W,
  DAYS,
  HEAT_TERMS,
  POLICY_CHANGES,
  policyJson,
  SCENES,
  TARIFF_ID,
  VAT_PERCENT,
  ZONE,
  type At,
} from './heat-wave-story.ts';
import { operatorDoor } from '../tariff/operator-door.ts';
import { keepBundles } from '../audit/keep-bundles.ts';
import { committedCdr } from './report.ts';
import { settlePeriod } from './settle.ts';
import { bankOf } from '../bank/served-bank.ts';
import { CAR, DRIVER } from './story.ts';

const LOAD_FILE = join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  'data',
  'grid-load',
  'eia_DUK_2018-07_2019-06.csv',
);
const DAY_MS = 86_400_000;
const PLANNED_MS = 3_600_000;
const PATIENCE_MS = 6 * 3_600_000;
const CURRENCY = 'USD';
/** A tariff version stands for so many days when no later one comes. */
const VALID_DAYS = 7;

export interface HeatWaveOptions {
  readonly stateDir: string;
  readonly ledger: LedgerChoice;
  readonly logLevel: SystemTuning['logLevel'];
  readonly progress: (text: string) => void;
}

const zone = createZone(ZONE);
const instantOf = ({ day, hour, minute }: At): number => instantOfLocal(zone, dayOf(day), hour * 60 + minute);

const policies = (): readonly TariffPolicy[] =>
  POLICY_CHANGES.map((change) => {
    const parsed = parsePolicy(policyJson(change, instantOf(change.from)));
    if (!parsed.ok) throw new Error(parsed.error.map(({ message }) => message).join('; '));
    return parsed.value;
  });

/** Everyone and everything that stands before the first day. */
async function setUp(system: LocalSystem, startMs: number, progress: (text: string) => void) {
  const duke = system.utility(DUKE_ENERGY.utilityId);
  const alabama = system.utility(ALABAMA_POWER.utilityId);
  progress('registering the utilities and Duke Energy’s station; an agreement that adapts to the grid');
  // Routers check registrations by the wall's clock.
  await foundConsortium(
    UTILITIES.map(({ utilityId }) => system.utility(utilityId)),
    Date.now(),
  );
  await registerStations(duke, DUKE_ENERGY, system.keys);
  const terms = await agree(duke, alabama, HEAT_TERMS, startMs - DAY_MS);
  for (const { utilityId } of UTILITIES) await setChargingRules(system.utility(utilityId), startMs - DAY_MS);
  const { cin } = await openCustomer(alabama, DRIVER, system.keys);
  return { duke, alabama, terms, cin };
}

const publishInput = (
  terms: AgreementTerms,
  forecast: PublishableForecast,
  forDay: string,
  publishedAtMs: number,
  preCheck: boolean,
) => ({
  tariffId: TARIFF_ID,
  utilityId: DUKE_ENERGY.utilityId,
  zone,
  policies: policies(),
  forecast,
  capacityW: CAPACITY_W,
  day: dayOf(forDay),
  publishedAtMs,
  vatPercent: VAT_PERCENT,
  validDays: VALID_DAYS,
  agreements: [{ agreementId: terms.agreementId, ...(preCheck && { limits: terms }) }],
});

/**
 * Three days of a real heat wave: tariffs made from day-ahead forecasts, published and bound or refused by the contract,
 * and sessions whose settlement follows the measured demand, through a missing feed and a lying one. The whole consortium,
 * the ledger with it, lives in May 2019.
 */
export async function runHeatWave(options: HeatWaveOptions): Promise<HeatWaveReport> {
  const { stateDir, ledger, logLevel, progress } = options;
  await emptyState(stateDir);
  const [station] = DUKE_ENERGY.stations;
  const [definition] = station?.outlets ?? [];
  if (!station || !definition) throw new Error('Duke Energy has no station');

  progress(
    'forecasting three days by what was known at noon of the day before (EIA-930, Duke Energy Carolinas)',
  );
  const bytes = readFileSync(LOAD_FILE);
  const forecasts = forecastDays(bytes);
  const startMs = instantOf({ day: '2019-05-27', hour: 9, minute: 0 });
  const story = steppedClock(startMs, Infinity);
  const system = await startSystem({
    stateDir,
    utilities: UTILITIES,
    ledger,
    tuning: { logLevel, simulated: { nowMs: story.nowMs, patienceMs: PATIENCE_MS, ledger: true } },
    progress,
  });
  try {
    const { duke, alabama, terms, cin } = await setUp(system, startMs, progress);
    const clock = new FeedingClock(story, {
      operators: [duke, system.utility(GEORGIA_POWER.utilityId)],
      demand: readDemand(bytes),
      areaId: AREA_ID,
      told: toldInHeat(instantOf({ day: DAYS[2], hour: 0, minute: 0 })),
    });
    const door = operatorDoor(system, DUKE_ENERGY.utilityId);
    const publications: HeatWaveReport['publications'] = [];
    const sessions: HeatWaveReport['sessions'] = [];
    const cdrs: Cdr[] = [];
    for (const scene of SCENES) {
      const atMs = instantOf(scene.at);
      await clock.goTo(atMs);
      if (scene.kind === 'publish') {
        const forecast = forecasts.get(scene.forDay);
        if (!forecast) throw new Error(`there is no forecast of ${scene.forDay}`);
        const made = await publishTariff(
          door,
          publishInput(terms, forecast, scene.forDay, atMs, scene.preCheck),
        );
        const report = publicationReport(scene.at, scene.forDay, made);
        publications.push(report);
        progress(
          `${report.at} tariff v${report.tariffVersion} for ${scene.forDay}: ${report.outcome}${report.limit === undefined ? '' : ` (${report.limit}, ${report.refusedBy ?? ''})`}`,
        );
        continue;
      }
      const { outlet } = makeOutlet(duke, station, definition, system.keys, {
        clock,
        stateDir: join(stateDir, 'stations'),
        vehicle: CAR,
        timing: { stepMs: 10_000, readingEveryMs: 60_000 },
      });
      const { offer, bill } = await visit(outlet, clock, cin, scene.energyWh, PLANNED_MS);
      const cdr = await committedCdr(duke, bill.sessionId);
      if (cdr.totalMicros !== bill.totalMicros) throw new Error('the bill shown is not the one recorded');
      cdrs.push(cdr);
      const report = heatSession(scene.at, scene.feed, offer, cdr);
      sessions.push(report);
      progress(`${report.at} charged ${cdr.energyWh} Wh, ${scene.feed}: ${report.demand.join(', ')}`);
    }
    await clock.sleep(60_000);
    const bank = bankOf(system, { currency: CURRENCY, nowMs: () => clock.nowMs() });
    const settlement = await settlePeriod(duke, [alabama], DAYS[0].slice(0, 7), CURRENCY, progress, bank);
    progress('gathering what proves each bill for an auditor');
    await keepBundles(stateDir, [duke, alabama], settlement.bills);
    progress('verifying every block, signature and state again, from the files');
    const verdict = await system.ledger.verify();
    return heatWaveReportOf({ ledger: system.ledger, verdict, publications, sessions, cdrs, settlement });
  } finally {
    await system.close();
  }
}
