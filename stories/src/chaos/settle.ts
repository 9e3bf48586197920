import { setTimeout as sleep } from 'node:timers/promises';
import { bankOf } from '../bank/served-bank.ts';
import { settlePeriod, type Settlement } from '../scenario/settle.ts';
import type { LocalSystem } from '../system/system.ts';
import { heldUp, ledgerSessions, rateAgain, unbilledAt, type ReRated } from './books.ts';
import { CHAOS_UTILITIES } from './cast.ts';
import { judge } from './judge.ts';
import type { Judged } from './report.ts';
import { CURRENCY, type ChaosStage } from './set-up.ts';
import type { RunningStations } from './stations.ts';
import type { Consented } from './visit.ts';

/** How long what still waits may take until nothing is open. */
const SETTLES_WITHIN_MS = 180_000;
const LOOK_EVERY_MS = 500;

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);

const utilitiesOf = (system: LocalSystem) =>
  CHAOS_UTILITIES.map(({ utilityId }) => system.utility(utilityId));

/** What is open anywhere: sessions on the ledger, ends at stations, facts at gateways, records at homes. */
async function openNow(system: LocalSystem, stations: RunningStations): Promise<readonly string[]> {
  const open: string[] = [];
  for (const [evseId, { kiosk }] of stations.kiosks) {
    const pending = await kiosk.pending();
    if (pending !== 0) open.push(`${evseId} has ${pending ?? 'untold'} ends to deliver`);
  }
  for (const utility of utilitiesOf(system)) {
    const sessions = await ledgerSessions(utility);
    const opened = sessions.filter(({ record }) => record.state === 'opened');
    open.push(...opened.map(({ record }) => `${record.sessionId} is open`));
    // An invoice takes what ended before its moment, and a station's clock may be ahead by what its answers take.
    const ahead = sessions.filter(({ endMs }) => endMs >= Date.now());
    open.push(...ahead.map(({ record }) => `${record.sessionId} ends later than now`));
  }
  const held = await heldUp(utilitiesOf(system));
  return [...open, ...Array.from({ length: held }, () => 'a record is held up')];
}

/** Waits until nothing is open, as long as that may take. @returns what still is */
export async function settleDown(
  system: LocalSystem,
  stations: RunningStations,
  progress: (text: string) => void,
): Promise<readonly string[]> {
  const untilMs = Date.now() + SETTLES_WITHIN_MS;
  for (;;) {
    const open = await openNow(system, stations).catch((thrown: unknown) => [
      thrown instanceof Error ? thrown.message : String(thrown),
    ]);
    if (open.length === 0 || Date.now() > untilMs) return open;
    progress(`waiting for ${open.length}: ${open[0] ?? ''}`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** Settles every period in both directions, and judges by ledger, invoices and bills. */
export async function settleAndJudge(
  system: LocalSystem,
  stage: ChaosStage,
  consented: readonly Consented[],
  progress: (text: string) => void,
): Promise<Judged> {
  const bank = bankOf(system, { currency: CURRENCY, nowMs: Date.now });
  const settlements: Settlement[] = [];
  const settled: ReRated[] = [];
  const unbilled = [];
  let ledgerMicros = 0n;
  for (const visited of utilitiesOf(system)) {
    const homes = utilitiesOf(system).filter((each) => each !== visited);
    const ground = stage.grounds.get(visited.definition.utilityId);
    if (ground === undefined) throw new Error(`${visited.definition.name} has no tariff`);
    const periods = new Set<string>();
    for (const { record, totalMicros } of await ledgerSessions(visited)) {
      if (record.state !== 'closed') continue;
      ledgerMicros += totalMicros ?? 0n;
      const home = system.utility(record.hun);
      settled.push(await rateAgain(home, record.sessionId, ground));
      periods.add(new Date(record.openedAtMs).toISOString().slice(0, 7));
    }
    unbilled.push(...(await unbilledAt(visited)));
    for (const periodId of [...periods].sort())
      settlements.push(await settlePeriod(visited, homes, periodId, CURRENCY, progress, bank));
  }
  const lines = settlements.flatMap(({ bills }) => bills.flatMap((bill) => bill.lines));
  const invoices = new Map(
    settlements.flatMap(({ invoices: issued }) =>
      issued.map(({ record, body }) => [record.invoiceId, body.totalMicros] as const),
    ),
  );
  const sums = {
    ledgerMicros,
    reRatedMicros: sum(settled.map(({ totalMicros }) => totalMicros)),
    invoiceMicros: sum([...invoices.values()]),
    billMicros: sum(lines.map(({ totalMicros }) => totalMicros)),
  };
  const netMicros = sum(
    settlements.flatMap(({ netting }) => netting.positions.map((position) => position.netMicros)),
  );
  const verdict = judge({ consented, settled, billed: lines.map(({ sessionId }) => sessionId), unbilled });
  return {
    ...verdict,
    sums,
    exact: new Set(Object.values(sums)).size === 1 && netMicros === 0n,
    settled: settled.length,
    unbilled: unbilled.length,
  };
}
