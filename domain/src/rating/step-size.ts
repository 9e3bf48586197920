import { divide } from '../rounding/index.ts';
import type { Note } from '../tariff/problem.ts';
import { add, isPositive, rational, subtract, sum, ZERO, type Rational } from '../tariff/rational.ts';
import { MICRO_WH_PER_WH, TICKS_PER_SECOND } from '../tariff/units.ts';
import type { Entry, LineKind, UsageLedger } from './ledger.ts';
import type { PricingPolicy } from './policy.ts';

const entriesOf = (ledger: UsageLedger, kind: LineKind): readonly Entry[] =>
  ledger.entries.filter((entry) => entry.kind === kind && entry.used.n !== 0n);

const last = (entries: readonly Entry[]): Entry | undefined =>
  entries.reduce<Entry | undefined>(
    (latest, entry) => (latest === undefined || entry.lastUse > latest.lastUse ? entry : latest),
    undefined,
  );

const roundUpTo = (total: Rational, step: bigint): Rational =>
  rational(divide(total.n, total.d * step, 'up') * step);

/** Rounds one dimension's total up to the step of its last component, and adds the difference to that component. */
const applyStep = (ledger: UsageLedger, kind: LineKind, policy: PricingPolicy, notes: Note[]): void => {
  const entries = entriesOf(ledger, kind);
  const target = last(entries);
  if (target === undefined || target.component.stepSize === 0n) return;
  const perUnit = kind === 'ENERGY' ? MICRO_WH_PER_WH : TICKS_PER_SECOND;
  const total =
    policy.stepBasis === 'used'
      ? (ledger.usedByKind.get(kind) ?? ZERO)
      : sum(entries.map(({ used }) => used));
  if (!isPositive(total)) return;
  const extra = subtract(roundUpTo(total, target.component.stepSize * perUnit), total);
  if (!isPositive(extra)) return;
  target.stepped = add(target.stepped, extra);
  const unit = kind === 'ENERGY' ? 'Wh' : 's';
  notes.push({
    code: 'STEP_SIZE_APPLIED',
    message: `${kind} is billed in steps of ${target.component.stepSize} ${unit}; the rest of the last step is added to element ${target.elementIndex}`,
  });
};

/**
 * Step size counts once a session for energy and once for charging and parking time together; when both of those are
 * priced, parking takes it. Reserved time is a total of its own. Spec: OCPI 2.2.1 mod_cdrs §step_size.
 */
export const applyStepSizes = (ledger: UsageLedger, policy: PricingPolicy, notes: Note[]): void => {
  applyStep(ledger, 'ENERGY', policy, notes);
  applyStep(ledger, 'RESERVATION_TIME', policy, notes);
  const charging = last(entriesOf(ledger, 'TIME'));
  const parking = last(entriesOf(ledger, 'PARKING_TIME'));
  if (charging !== undefined && parking !== undefined) {
    const chargingLast = policy.mixedTimeStep === 'last' && charging.lastUse > parking.lastUse;
    applyStep(ledger, chargingLast ? 'TIME' : 'PARKING_TIME', policy, notes);
  } else applyStep(ledger, charging === undefined ? 'PARKING_TIME' : 'TIME', policy, notes);
};
