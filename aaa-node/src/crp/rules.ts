import type { HomeRule } from '@roamgrid/domain';
import type { customerClass } from '@roamgrid/wire';
import { loyaltyLevel, paymentMethod, ppmCodec, utilityId } from '@roamgrid/wire';
import { z } from 'zod';
import { gridRules, isMonotone } from './grid-rules.ts';

/**
 * What the charging rules and policies database holds. Residential and commercial customers have tables of their own,
 * partner utilities a third. Adjustments are parts per million of the tariff's total; negative is a discount.
 */

/** What the home utility proposes for customers of one class: adjustments that add up. */
export const customerRules = z
  .strictObject({
    basePpm: ppmCodec,
    byLoyalty: z.record(loyaltyLevel, ppmCodec),
    byPayment: z.record(paymentMethod, ppmCodec),
    /** What the state of the utility's grid adds; without it the rate does not depend on the grid. */
    grid: gridRules.exactOptional(),
  })
  .refine(({ byLoyalty }) => isMonotone(byLoyalty), {
    message: 'a higher loyalty level must not pay more than the one below it',
    path: ['byLoyalty'],
  });

/** The rule as the negotiation reads it. A class has its own table, so the base stands for both names. */
export const homeRuleOf = (rules: z.output<typeof customerRules>): HomeRule => ({
  byClass: { residential: rules.basePpm, commercial: rules.basePpm },
  byLoyalty: rules.byLoyalty,
  byPayment: rules.byPayment,
});

/** What the visited utility accepts for a partner's customers; `*` for partners without a row. */
export const partnerRule = z
  .strictObject({ hun: z.union([utilityId, z.literal('*')]), minPpm: ppmCodec, maxPpm: ppmCodec })
  .refine(({ minPpm, maxPpm }) => minPpm <= maxPpm, 'minPpm is above maxPpm');

export const partnerRules = z
  .array(partnerRule)
  .min(1)
  .max(500)
  .refine((rows) => rows.some(({ hun }) => hun === '*'), 'a row for * is missing')
  .refine((rows) => new Set(rows.map(({ hun }) => hun)).size === rows.length, 'a partner stands there twice');

/** The rule tables, by the name under which operators address them. */
export const ruleTables = {
  residential: { table: 'crp_residential', rules: customerRules },
  commercial: { table: 'crp_commercial', rules: customerRules },
  partner: { table: 'crp_partner', rules: partnerRules },
} as const satisfies Readonly<
  Record<z.infer<typeof customerClass> | 'partner', { readonly table: string; readonly rules: z.ZodType }>
>;

export type RuleTableName = keyof typeof ruleTables;
export const ruleTableName = z.enum(['residential', 'commercial', 'partner']);
