import { join } from 'node:path';
import { steppedClock } from '@roamgrid/station-kit';
import type { ScenarioReport, SessionReport } from '@roamgrid/wire';
import { emptyState } from '../system/empty-state.ts';
import { ALABAMA_POWER, DUKE_ENERGY, UTILITIES } from '../system/consortium.ts';
import { FeedingClock } from '../system/feeding-clock.ts';
import { makeOutlet } from '../system/outlet.ts';
import { startSystem, type LedgerChoice, type LocalSystem } from '../system/system.ts';
import type { SystemTuning } from '../system/utility.ts';
import { visit } from './charge.ts';
import { committedCdr, scenarioReportOf, sessionReport } from './report.ts';
import { setUp, type Stage } from './set-up.ts';
import { settlePeriod } from './settle.ts';
import { keepBundles } from '../audit/keep-bundles.ts';
import { bankOf, type ServedBank } from '../bank/served-bank.ts';
import { lastFullDayAt } from './start-time.ts';
import { CAR, FIRST_SWIPE, LIVE_AREA_ID, PAUSE_BEFORE_SECOND_MS, PAYMENTS, REQUESTED_WH } from './story.ts';

const PLANNED_MS = 3_600_000;
/** How long offers hold in the story’s time. */
const PATIENCE_MS = 6 * 3_600_000;

export interface ScenarioOptions {
  /** Folder of the run; what an earlier run left there is removed. */
  readonly stateDir: string;
  readonly progress: (text: string) => void;
  /** How many times faster than the wall the story passes. */
  readonly speed: number;
  readonly ledger: LedgerChoice;
  readonly logLevel: SystemTuning['logLevel'];
}

export interface ScenarioRun {
  readonly report: ScenarioReport;
  readonly system: LocalSystem;
  readonly bank: ServedBank;
  readonly stage: Stage;
  /** Instant at which the story ended. */
  readonly endMs: number;
  /** Give the services another clock, for what comes after the story. */
  readonly setClock: (nowMs: () => number) => void;
}

/** The bank of the story, for what is not paid by token. */
export const bankOfStory = (system: LocalSystem, now: () => number): ServedBank =>
  bankOf(system, {
    currency: 'USD',
    nowMs: now,
    isPaid: (payer, payee) => !PAYMENTS.pays(payer, payee),
  });

/**
 * The paper's example: an Alabama Power customer charges at a Duke Energy station, twice, the second time authorised
 * locally, and ends with one Alabama Power bill and a paid Duke Energy invoice. The system is left running.
 */
export async function runAlabamaDuke({
  stateDir,
  speed,
  ledger,
  progress,
  logLevel,
}: ScenarioOptions): Promise<ScenarioRun> {
  await emptyState(stateDir);
  const [station] = DUKE_ENERGY.stations;
  const [definition] = station?.outlets ?? [];
  if (!station || !definition) throw new Error('Duke Energy has no station');
  const startMs = lastFullDayAt(Date.now(), station.timeZone, FIRST_SWIPE.hour, FIRST_SWIPE.minute);
  const story = steppedClock(startMs, speed);
  let nowMs = story.nowMs;

  const system = await startSystem({
    stateDir,
    utilities: UTILITIES,
    ledger,
    tuning: {
      logLevel,
      byToken: PAYMENTS,
      simulated: { nowMs: () => nowMs(), patienceMs: PATIENCE_MS, ledger: true },
    },
    progress,
  });
  const bank = bankOfStory(system, () => nowMs());
  try {
    const stage = await setUp(system, startMs, progress);
    const duke = system.utility(DUKE_ENERGY.utilityId);
    const alabama = system.utility(ALABAMA_POWER.utilityId);
    const clock = new FeedingClock(story, {
      operators: [duke],
      areaId: LIVE_AREA_ID,
      demand: stage.hoursToCome,
    });

    const sessions: SessionReport[] = [];
    for (const [i, energyWh] of REQUESTED_WH.entries()) {
      progress(`the driver swipes the card at ${station.name} (${i === 0 ? 'first visit' : 'second visit'})`);
      const timing = { stepMs: 10_000, readingEveryMs: 60_000 };
      const { outlet } = makeOutlet(duke, station, definition, system.keys, {
        clock,
        stateDir: join(stateDir, 'stations'),
        vehicle: CAR,
        timing,
      });
      const seen = await visit(outlet, clock, stage.cin, energyWh, PLANNED_MS);
      const cdr = await committedCdr(duke, seen.bill.sessionId);
      sessions.push(sessionReport(seen, cdr, seen.consentedAtMs));
      if (i === 0) await clock.sleep(PAUSE_BEFORE_SECOND_MS);
    }

    // An invoice takes the sessions that ended before its moment, so a moment must pass.
    await clock.sleep(60_000);
    const lastEndMs = sessions.at(-1)?.endMs ?? startMs;
    const periodId = new Date(lastEndMs).toISOString().slice(0, 7);
    const settlement = await settlePeriod(duke, [alabama], periodId, 'USD', progress, bank);
    progress('gathering what proves each bill for an auditor');
    await keepBundles(stateDir, [duke, alabama], settlement.bills);
    progress('verifying every block, signature and state again, from the files');
    const verdict = await system.ledger.verify();
    const utilities = UTILITIES.map(({ utilityId }) => system.utility(utilityId));
    const report = scenarioReportOf({
      scenario: 'alabama-duke',
      ledger: system.ledger,
      verdict,
      utilities,
      sessions,
      settlement,
      demand: stage.demand,
    });
    return { report, system, bank, stage, endMs: clock.nowMs(), setClock: (next) => void (nowMs = next) };
  } catch (error) {
    await system.close();
    throw error;
  }
}
