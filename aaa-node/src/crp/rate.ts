import { proposedAdjustmentPpm, type Customer, type HomeRule } from '@roamgrid/domain';
import { matchGrid, withGrid, type GridKnown, type GridOutcome } from './grid-rate.ts';
import type { HomeRuleInForce } from './lookup.ts';
import type { RateRecord } from './rate-record.ts';

/** A subscriber's rate, as proposed to the negotiation, and what it was computed from. */
export interface Rate {
  readonly rule: HomeRule;
  readonly record: RateRecord;
}

const gridPart = (found: GridOutcome, known: GridKnown) => ({
  grid: {
    outcome: found.outcome,
    ...(found.outcome === 'rule' ? { ruleId: found.rule.ruleId } : {}),
    ...known,
  },
});

/**
 * The rate of a subscriber at an instant, from class, loyalty level, payment method and what is known of demand,
 * generation and peak load. Pure, so that the record can be checked against its version of the rules at any time.
 */
export const computeRate = (
  { version, rule: base, grid }: HomeRuleInForce,
  known: GridKnown = {},
  customer: Customer,
  atMs: number,
): Rate => {
  const found = grid && matchGrid(grid, known, atMs);
  const rule = withGrid(base, found);
  return {
    rule,
    record: {
      atMs,
      ...customer,
      ruleVersion: version,
      ...(found === undefined ? {} : gridPart(found, known)),
      basePpm: proposedAdjustmentPpm(base, customer),
      proposedPpm: proposedAdjustmentPpm(rule, customer),
    },
  };
};
