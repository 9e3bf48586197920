import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { privateFolder } from '@roamgrid/service-kit/runtime';
import { startSystem, type LedgerChoice } from '../system/system.ts';
import type { SystemTuning } from '../system/utility.ts';
import { CHAOS_UTILITIES, chaosParts, SERVICES } from './cast.ts';
import { Fronts } from './fronts.ts';
import { groupBy } from './group-by.ts';
import {
  FIRST_SESSION_MS,
  planChaos,
  type ChaosPlan,
  type PlannedFault,
  type PlannedSession,
} from './plan.ts';
import { noFileLimits } from './processes.ts';
import { faultFigures, stationOf, type ChaosReport, type Skipped } from './report.ts';
import { setUpChaos, type ChaosStage } from './set-up.ts';
import { settleAndJudge, settleDown } from './settle.ts';
import { startStations, type RunningStations } from './stations.ts';
import { strike, type Hand, type Struck } from './strike.ts';
import { Visit, type Consented } from './visit.ts';
import { Watch } from './watch.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly sessions: number;
  /** Folder of the run; its content is replaced. */
  readonly stateDir: string;
  readonly ledger: LedgerChoice;
  readonly logLevel: SystemTuning['logLevel'];
  readonly progress: (text: string) => void;
}

/** Stations tell what they charge so often: sessions here are short. */
const REPORT_EVERY_MS = 2_000;
const TELL_EVERY = 20;

/** The faults that can strike here; what this host does not allow is listed, and never counted. */
async function possible(
  plan: ChaosPlan,
): Promise<{ faults: readonly PlannedFault[]; skipped: readonly Skipped[] }> {
  const noLimits = await noFileLimits();
  const reasonOf = ({ kind }: PlannedFault): string | undefined =>
    kind === 'disk-full' ? noLimits : undefined;
  const reasons = plan.faults.map((fault) => ({ fault, reason: reasonOf(fault) }));
  const refused = reasons.flatMap(({ fault: { kind }, reason }) =>
    reason === undefined ? [] : [{ kind, reason }],
  );
  const groups = groupBy(refused, ({ kind, reason }) => `${kind} ${reason}`);
  return {
    faults: reasons.filter(({ reason }) => reason === undefined).map(({ fault }) => fault),
    skipped: [...groups.values()].flatMap(([one, ...others]) =>
      one === undefined ? [] : [{ ...one, planned: others.length + 1 }],
    ),
  };
}

async function liveSessions(
  plan: ChaosPlan,
  stage: ChaosStage,
  stations: RunningStations,
  watch: Watch,
  beganMs: number,
  progress: (text: string) => void,
): Promise<{ consented: readonly Consented[]; charged: number }> {
  const consented: Consented[] = [];
  let charged = 0;
  let done = 0;
  const live = async (sessions: readonly PlannedSession[]): Promise<void> => {
    for (const { evseId, homeUtilityId, customer, arrivesAtMs, staysMs, energyWh, number } of sessions) {
      const outlet = stations.kiosks.get(evseId);
      const cin = stage.cins.get(homeUtilityId)?.[customer];
      if (outlet === undefined || cin === undefined)
        throw new Error(`session ${number} has no outlet or card`);
      await sleep(Math.max(0, beganMs + arrivesAtMs - Date.now()));
      const visit = new Visit(outlet, { evseId, cin, staysMs, energyWh }, watch);
      if (await visit.run()) charged += 1;
      else progress(`session ${number} at ${evseId} was not served: ${visit.seen}`);
      consented.push(...visit.consented);
      done += 1;
      if (done % TELL_EVERY === 0) progress(`${done} of ${plan.sessions.length} sessions`);
    }
  };
  await Promise.all([...groupBy(plan.sessions, ({ evseId }) => evseId).values()].map(live));
  return { consented, charged };
}

/** A fault at whose instant no session is authorised or charges waits no longer for one. */
const WAITS_FOR_SESSION_MS = 15_000;
/** The first car charges within this, however slow the machine. */
const FIRST_CHARGES_WITHIN_MS = 120_000;

/**
 * Lets each fault strike at its instant, several at once where they overlap. On a slow machine all come later by as much as the first
 * car does.
 */
async function strikeAll(
  faults: readonly PlannedFault[],
  hand: Hand,
  watch: Watch,
  beganMs: number,
  progress: (text: string) => void,
): Promise<readonly Struck[]> {
  await watch.whenInSession(FIRST_CHARGES_WITHIN_MS);
  const lateMs = Math.max(0, Date.now() - beganMs - FIRST_SESSION_MS);
  return Promise.all(
    faults.map(async (fault) => {
      const station = stationOf(fault.target);
      await sleep(Math.max(0, beganMs + lateMs + fault.atMs - Date.now()));
      await watch.whenInSession(WAITS_FOR_SESSION_MS, station);
      progress(`fault ${fault.number}: ${fault.kind} of ${fault.target} for ${fault.lastsMs} ms`);
      return strike(fault, hand, () => watch.isInSession(station));
    }),
  );
}

/** Lets a plan's sessions be lived while its faults strike, and judges what became of them. */
export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, stateDir, progress } = options;
  const parts = await chaosParts(options.ledger);
  const plan = planChaos(seed, options.sessions, parts);
  rmSync(stateDir, { recursive: true, force: true });
  privateFolder(stateDir);
  const fronts = new Fronts();
  const system = await startSystem({
    stateDir,
    utilities: CHAOS_UTILITIES,
    ledger: options.ledger,
    tuning: {
      logLevel: options.logLevel,
      processes: [...SERVICES],
      reportEveryMs: REPORT_EVERY_MS,
      // A card is drawn for each visit, whether or not it charges another car then.
      carsAtOnce: 1_000,
    },
    between: fronts,
    progress,
  });
  let stations: RunningStations | undefined;
  try {
    const stage = await setUpChaos(system, Date.now(), progress);
    const running = (stations = await startStations(system, fronts));
    const { setSkew } = running;
    const watch = new Watch();
    const hand: Hand = { part: (name) => system.supervisor.part(name), fronts, setSkew };
    progress(`${plan.sessions.length} sessions, ${plan.faults.length} faults, seed ${seed}`);
    const beganMs = Date.now();
    const { faults, skipped } = await possible(plan);
    const [{ consented, charged }, struck] = await Promise.all([
      liveSessions(plan, stage, running, watch, beganMs, progress),
      strikeAll(faults, hand, watch, beganMs, progress),
    ]);
    const lastMs = Date.now();
    progress('every driver has left; waiting until nothing is open');
    const open = await settleDown(system, running, progress);
    const settledAfterSeconds = Math.round((Date.now() - lastMs) / 100) / 10;
    const { findings, ...judged } = await settleAndJudge(system, stage, consented, progress);
    progress('verifying every block, signature and state again, from the files');
    const verdict = await system.ledger.verify();
    return {
      seed,
      ledger: system.ledger.kind,
      sessions: plan.sessions.length,
      charged,
      ...judged,
      skipped,
      leftOpen: open.length,
      chain: verdict.verified ? 'verified' : 'broken',
      ...faultFigures(struck, parts, watch, beganMs),
      settledAfterSeconds,
      runSeconds: Math.round((lastMs - beganMs) / 100) / 10,
      findings: [...findings, ...open, ...verdict.problems],
      plan,
    };
  } finally {
    await system.close();
    stations?.close();
    fronts.close();
  }
}
