import {
  type BilateralPosition,
  type NetPayment,
  type NetPosition,
  netPayments,
  netPositions,
  type Reconciliation,
  reconcile,
  type SessionSplit,
  type Shares,
  splitSession,
  sumSplits,
  unwrap,
} from '@roamgrid/domain';
import type { PlacedSession } from './place.ts';
import { drawPpm } from './response.ts';

/** Who is whose customer, and how a session's money is shared. */
export interface Parties {
  /** The utility of the stations. */
  readonly visited: string;
  /** Home utilities of the visitors, equally likely. */
  readonly partners: readonly string[];
  /** Part of the sessions by visitors. */
  readonly roamingPpm: bigint;
  readonly shares: Shares;
}

/** The records do not say whose customer charged; the session's id decides, the same under every tariff. */
export function homeOf(session: PlacedSession, { visited, partners, roamingPpm }: Parties): string {
  const draw = drawPpm('home', session.sessionId);
  if (draw >= roamingPpm) return visited;
  return partners[Number((draw * BigInt(partners.length)) / roamingPpm)] ?? visited;
}

/** One rated session of a replay. */
export interface RatedSession {
  readonly session: PlacedSession;
  readonly startMs: number;
  readonly moved: boolean;
  readonly totalMicros: bigint;
}

export interface Settled {
  readonly totalMicros: bigint;
  readonly split: SessionSplit;
  /** What drivers pay less their reward. */
  readonly driverCostMicros: bigint;
  readonly roaming: { readonly sessions: number; readonly totalMicros: bigint };
  readonly net: readonly NetPosition<string>[];
  readonly payments: readonly NetPayment<string>[];
  readonly conservation: Reconciliation;
}

/**
 * Shares every session, bills each driver through the home utility, and nets what the utilities owe one another: a home
 * utility passes on the parts of visited utility and infrastructure, which the visited utility collects for both.
 */
export function settle(rated: readonly RatedSession[], parties: Parties): Settled {
  const splits: SessionSplit[] = [];
  const positions: BilateralPosition<string>[] = [];
  const invoices = new Map<string, bigint>();
  let roamingSessions = 0;
  let roamingMicros = 0n;
  for (const { session, totalMicros } of rated) {
    const split = splitSession(totalMicros, parties.shares);
    const home = homeOf(session, parties);
    splits.push(split);
    invoices.set(home, (invoices.get(home) ?? 0n) + totalMicros);
    if (home === parties.visited) continue;
    roamingSessions++;
    roamingMicros += totalMicros;
    positions.push({ debtor: home, creditor: parties.visited, micros: split.vun + split.infrastructure });
  }
  const net = unwrap(netPositions(positions));
  const payments = netPayments(net);
  const split = sumSplits(splits);
  const totalMicros = rated.reduce((sum, each) => sum + each.totalMicros, 0n);
  return {
    totalMicros,
    split,
    driverCostMicros: totalMicros - split.driver,
    roaming: { sessions: roamingSessions, totalMicros: roamingMicros },
    net,
    payments,
    conservation: reconcile({
      cdrTotalsMicros: rated.map((each) => each.totalMicros),
      invoiceTotalsMicros: [...invoices.values()],
      creditTotalsMicros: [],
      splits,
      positions: net,
      payments,
    }),
  };
}
