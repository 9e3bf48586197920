import { groupBy } from './group-by.ts';
import type { ReRated } from './books.ts';
import type { Consented } from './visit.ts';

const MILLI_PER_WH = 1_000n;

/** A session that nobody pays for, as far as its station told of it. */
export interface UnbilledStretch {
  readonly sessionId: string;
  readonly evseId: string;
  /** When it began, by its outlet's time, as all that its gateway knows. */
  readonly openedAtMs: number;
}

export interface Evidence {
  /** What drivers agreed to, and what they saw flow. */
  readonly consented: readonly Consented[];
  /** Settled on the ledger, priced again. */
  readonly settled: readonly ReRated[];
  /** Sessions on lines of bills, as often as they are there. */
  readonly billed: readonly string[];
  /** Closed as what nobody pays for, with a reason. */
  readonly unbilled: readonly UnbilledStretch[];
}

export interface Verdict {
  readonly lost: number;
  readonly billedTwice: number;
  /** What is wrong, for a person. */
  readonly findings: readonly string[];
}

const repeated = (items: readonly string[]): string[] =>
  items.filter((item, at) => items.indexOf(item) !== at);

/** Each outlet's settled sessions in the order of its meter's register. */
function byOutlet(settled: readonly ReRated[]): ReadonlyMap<string, readonly ReRated[]> {
  const ordered = [...settled].sort((a, b) => (a.fromMilliWh < b.fromMilliWh ? -1 : 1));
  return groupBy(ordered, ({ evseId }) => evseId);
}

/**
 * Judges by what was committed and billed. A session is lost when a driver agreed to it and saw energy flow, and it is
 * neither billed nor closed with a reason; so is energy between two settled sessions of a meter that no unbilled session
 * between them accounts for. It is billed twice when it stands on two lines, or when two sessions have the same stretch of a register.
 */
export function judge({ consented, settled, billed, unbilled }: Evidence): Verdict {
  const findings: string[] = [];
  const isSettled = new Set(settled.map(({ sessionId }) => sessionId));
  const isBilled = new Set(billed);
  const isUnbilled = new Set(unbilled.map(({ sessionId }) => sessionId));
  const unbilledAt = groupBy(unbilled, ({ evseId }) => evseId);
  let lost = 0;
  for (const { sessionId, energyWh } of consented) {
    if (energyWh === 0n || isUnbilled.has(sessionId)) continue;
    if (isSettled.has(sessionId) && isBilled.has(sessionId)) continue;
    lost += 1;
    findings.push(
      `${sessionId} charged ${energyWh} Wh and is ${isSettled.has(sessionId) ? 'settled, on no bill' : 'not settled'}`,
    );
  }
  for (const sessionId of isSettled) {
    if (isBilled.has(sessionId) || consented.some((one) => one.sessionId === sessionId && one.energyWh > 0n))
      continue;
    lost += 1;
    findings.push(`${sessionId} is settled and on no bill`);
  }
  const twice = repeated(billed);
  let billedTwice = twice.length;
  findings.push(...twice.map((sessionId) => `${sessionId} is on more than one line`));
  for (const [evseId, sessions] of byOutlet(settled)) {
    for (const [at, session] of sessions.entries()) {
      const before = sessions[at - 1];
      const gapMilliWh = session.fromMilliWh - (before?.untilMilliWh ?? 0n);
      if (gapMilliWh < 0n) {
        billedTwice += 1;
        findings.push(`${session.sessionId} has energy of the session before it at ${evseId}`);
      }
      const isExplained = unbilledAt
        .get(evseId)
        ?.some(({ openedAtMs }) => openedAtMs >= (before?.startMs ?? 0) && openedAtMs <= session.startMs);
      if (gapMilliWh > 0n && isExplained !== true) {
        lost += 1;
        findings.push(
          `${gapMilliWh / MILLI_PER_WH} Wh before ${session.sessionId} at ${evseId} are nobody’s`,
        );
      }
    }
  }
  return { lost, billedTwice, findings };
}
