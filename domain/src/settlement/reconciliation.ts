import type { NetPayment } from './payments.ts';
import type { NetPosition } from './net-positions.ts';
import { SHARE_PARTIES, sumSplits, type SessionSplit } from './shares.ts';

/** The sums of one settlement run, one currency, as each part of the system kept them. */
export interface SettlementSums {
  readonly cdrTotalsMicros: readonly bigint[];
  readonly invoiceTotalsMicros: readonly bigint[];
  /** Taken back by credit notes: invoiced, but no longer in a charge record's valid revision. */
  readonly creditTotalsMicros: readonly bigint[];
  readonly splits: readonly SessionSplit[];
  readonly positions: readonly NetPosition<string>[];
  readonly payments: readonly NetPayment<string>[];
}

export interface ReconciliationCheck {
  readonly name: 'cdrs-equal-invoices' | 'cdrs-equal-shares' | 'net-is-zero' | 'payments-close-positions';
  readonly expectedMicros: bigint;
  readonly actualMicros: bigint;
  readonly holds: boolean;
}

export interface Reconciliation {
  readonly checks: readonly ReconciliationCheck[];
  /** True when every check holds to the micro-unit. */
  readonly balanced: boolean;
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

const check = (
  name: ReconciliationCheck['name'],
  expectedMicros: bigint,
  actualMicros: bigint,
): ReconciliationCheck => ({
  name,
  expectedMicros,
  actualMicros,
  holds: expectedMicros === actualMicros,
});

/** What is left open after the payments, over all utilities: zero when each position is paid exactly. */
const leftOpen = (
  positions: readonly NetPosition<string>[],
  payments: readonly NetPayment<string>[],
): bigint => {
  const open = new Map<string, bigint>(positions.map(({ utility, netMicros }) => [utility, netMicros]));
  for (const { payer, payee, micros } of payments) {
    open.set(payer, (open.get(payer) ?? 0n) + micros);
    open.set(payee, (open.get(payee) ?? 0n) - micros);
  }
  return sum([...open.values()].map(magnitude));
};

/** Σ charge records = Σ invoices − Σ credits = Σ shares, Σ net = 0, and the payments close every position. */
export const reconcile = (sums: SettlementSums): Reconciliation => {
  const cdrs = sum(sums.cdrTotalsMicros);
  const split = sumSplits(sums.splits);
  const checks = [
    check('cdrs-equal-invoices', cdrs, sum(sums.invoiceTotalsMicros) - sum(sums.creditTotalsMicros)),
    check('cdrs-equal-shares', cdrs, sum(SHARE_PARTIES.map((party) => split[party]))),
    check('net-is-zero', 0n, sum(sums.positions.map(({ netMicros }) => netMicros))),
    check('payments-close-positions', 0n, leftOpen(sums.positions, sums.payments)),
  ];
  return { checks, balanced: checks.every(({ holds }) => holds) };
};
