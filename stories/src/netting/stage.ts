import { join } from 'node:path';
import { type Clock, steppedClock } from '@roamgrid/station-kit';
import { canonicalJson, type AgreementTerms, type Cdr } from '@roamgrid/wire';
import { bankOf, type ServedBank } from '../bank/served-bank.ts';
import { visit } from '../scenario/charge.ts';
import { committedCdr } from '../scenario/report.ts';
import { invoicePeriod } from '../scenario/settle.ts';
import { CAR, TERMS } from '../scenario/story.ts';
import { foundConsortium } from '../system/admission.ts';
import { openCustomer, setChargingRules, type NewCustomer } from '../system/customer.ts';
import { emptyState } from '../system/empty-state.ts';
import { makeOutlet } from '../system/outlet.ts';
import { agree, publishAndBind, registerStations } from '../system/register.ts';
import { startSystem, type LedgerChoice, type LocalSystem } from '../system/system.ts';
import type { RunningUtility, SystemTuning } from '../system/utility.ts';
import { CHAIN_DEPTH, CURRENCY, NETTING_UTILITIES, paysByToken, tariffOf } from './cast.ts';

const DAY_MS = 86_400_000;
/** The stories live through due dates and graces: all of that lies behind us too. */
const BEFORE_NOW_MS = 30 * DAY_MS;
const PLANNED_MS = 3_600_000;
/** How long offers hold in the story’s time. */
export const PATIENCE_MS = 6 * 3_600_000;
const PAUSE_MS = 60_000;

export interface StageOptions {
  /** Folder of the run; what an earlier run left there is removed. */
  readonly stateDir: string;
  readonly progress: (text: string) => void;
  readonly ledger: LedgerChoice;
  readonly logLevel: SystemTuning['logLevel'];
}

/** One session: whose customer charges where, and how much. */
export interface Ride {
  readonly home: string;
  readonly visited: string;
  readonly energyWh: bigint;
}

/** Three utilities that all owe each other, in a time of their own. */
export interface NettingStage {
  readonly system: LocalSystem;
  readonly clock: Clock;
  readonly utilities: readonly RunningUtility[];
  /** Runs once somebody pays by bank. */
  readonly bank: ServedBank;
  /** Utilities that have nothing on their account, as long as that lasts. */
  readonly broke: Set<string>;
  /** A card of the utility's post-paid customer. */
  cin(utilityId: string): string;
  /** Lets these be charged one after the other. @returns their records, and the period that they are of */
  charge(
    rides: readonly (Ride & { readonly cin?: string })[],
  ): Promise<{ readonly cdrs: readonly Cdr[]; readonly periodId: string }>;
  /** Every utility invoices the period, every home accepts. */
  invoice(periodId: string): Promise<void>;
  close(): Promise<void>;
}

const customerOf = (utilityId: string): NewCustomer => ({
  name: 'Net Driver',
  login: `driver-${utilityId.toLowerCase()}`,
  loyalty: 'none',
  customerClass: 'residential',
  creditLimitMicros: 500_000_000n,
  currency: CURRENCY,
  customerNumber: '0000001',
});

const setUp = async (
  system: LocalSystem,
  startMs: number,
  progress: (text: string) => void,
): Promise<ReadonlyMap<string, string>> => {
  progress('registering three utilities with their stations, and what each two agreed on');
  const { utilities } = system;
  await foundConsortium(utilities, Date.now());
  const sinceMs = startMs - DAY_MS;
  const terms = new Map<string, AgreementTerms[]>(
    utilities.map(({ definition }) => [definition.utilityId, []]),
  );
  for (const [at, proposer] of utilities.entries()) {
    await registerStations(proposer, proposer.definition, system.keys);
    await setChargingRules(proposer, sinceMs);
    for (const signer of utilities.slice(at + 1)) {
      const ids = [proposer, signer].map(({ definition }) => definition.utilityId);
      const own = { ...TERMS, agreementId: `${ids.join('-')}-1` };
      const agreed = await agree(proposer, signer, own, sinceMs);
      for (const id of ids) terms.get(id)?.push(agreed);
    }
  }
  const cins = new Map<string, string>();
  for (const utility of utilities) {
    const { utilityId } = utility.definition;
    const tariff = tariffOf(utilityId);
    await publishAndBind(
      utility,
      {
        tariffId: tariff.id,
        tariffVersion: 1,
        tariffJson: canonicalJson(tariff),
        validFromMs: sinceMs,
        validUntilMs: startMs + 300 * DAY_MS,
      },
      terms.get(utilityId) ?? [],
    );
    cins.set(utilityId, (await openCustomer(utility, customerOf(utilityId), system.keys)).cin);
  }
  return cins;
};

const nextNoon = (afterMs: number): number =>
  Math.ceil((afterMs - DAY_MS / 2) / DAY_MS) * DAY_MS + DAY_MS / 2;

/** Starts the three, registers what they need, and leaves them running. */
export const startNettingStage = async ({
  stateDir,
  progress,
  ledger,
  logLevel,
}: StageOptions): Promise<NettingStage> => {
  await emptyState(stateDir);
  const startMs = nextNoon(Date.now() - BEFORE_NOW_MS);
  const clock = steppedClock(startMs, Infinity);
  const system = await startSystem({
    stateDir,
    utilities: NETTING_UTILITIES,
    ledger,
    tuning: {
      logLevel,
      byToken: { pays: paysByToken, depth: CHAIN_DEPTH },
      simulated: { nowMs: () => clock.nowMs(), patienceMs: PATIENCE_MS, ledger: true },
    },
    progress,
  });
  try {
    const broke = new Set<string>();
    const cins = await setUp(system, startMs, progress);
    const cinOf = (utilityId: string): string => {
      const cin = cins.get(utilityId);
      if (cin === undefined) throw new Error(`${utilityId} has no customer`);
      return cin;
    };
    const chargeOne = async ({ home, visited, energyWh, cin = cinOf(home) }: Ride & { cin?: string }) => {
      const utility = system.utility(visited);
      const [station] = utility.definition.stations;
      const [outlet] = station?.outlets ?? [];
      if (station === undefined || outlet === undefined) throw new Error(`${visited} has no station`);
      progress(`a customer of ${home} charges ${energyWh} Wh at ${visited}`);
      const { outlet: made } = makeOutlet(utility, station, outlet, system.keys, {
        clock,
        stateDir: join(stateDir, 'stations'),
        vehicle: CAR,
        timing: { stepMs: 10_000, readingEveryMs: 60_000 },
      });
      const { bill } = await visit(made, clock, cin, energyWh, PLANNED_MS);
      const cdr = await committedCdr(utility, bill.sessionId);
      await clock.sleep(PAUSE_MS);
      return cdr;
    };
    return {
      system,
      clock,
      utilities: system.utilities,
      broke,
      bank: bankOf(system, {
        currency: CURRENCY,
        nowMs: () => clock.nowMs(),
        isPaid: (payer, payee) => !paysByToken(payer, payee),
        temper: (payer) => (broke.has(payer) ? 'no-funds' : 'none'),
      }),
      cin: cinOf,
      async charge(rides) {
        const cdrs: Cdr[] = [];
        // From noon on, so that all of them are of one period.
        await clock.sleep(nextNoon(clock.nowMs()) - clock.nowMs());
        for (const ride of rides) cdrs.push(await chargeOne(ride));
        const periodId = new Date(cdrs.at(-1)?.endMs ?? clock.nowMs()).toISOString().slice(0, 7);
        return { cdrs, periodId };
      },
      async invoice(periodId) {
        for (const visited of system.utilities)
          await invoicePeriod(
            visited,
            system.utilities.filter((each) => each !== visited),
            periodId,
            progress,
          );
      },
      close: () => system.close(),
    };
  } catch (thrown) {
    await system.close();
    throw thrown;
  }
};
