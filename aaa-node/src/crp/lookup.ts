import type { HomeRule } from '@roamgrid/domain';
import type { PartnerRange } from '@roamgrid/wire';
import type { Db } from '../store/database.ts';
import type { CustomerClass } from '../store/schema.ts';
import type { GridRules } from './grid-rules.ts';
import { customerRules, homeRuleOf, partnerRules } from './rules.ts';
import { rulesInForce } from './versions.ts';

type Reader = Pick<Db, 'selectFrom'>;

/** What the home utility proposes for customers of a class, and the version that says so. */
export interface HomeRuleInForce {
  readonly version: number;
  /** Without what the grid adds. */
  readonly rule: HomeRule;
  readonly grid: GridRules | undefined;
}

/** The rule in force at an instant, when there is one. */
export const homeRuleInForce = async (
  db: Reader,
  customerClass: CustomerClass,
  atMs: number,
): Promise<HomeRuleInForce | undefined> => {
  const found = await rulesInForce(db, customerClass, atMs);
  if (found === undefined) return undefined;
  const rules = customerRules.parse(found.rules);
  return { version: found.version, rule: homeRuleOf(rules), grid: rules.grid };
};

/** What the visited utility accepts for a partner's customers now: the partner's row, or that for everybody. */
export const partnerRangeInForce = async (
  db: Reader,
  hun: string,
  atMs: number,
): Promise<PartnerRange | undefined> => {
  const version = await rulesInForce(db, 'partner', atMs);
  if (version === undefined) return undefined;
  const rows = partnerRules.parse(version.rules);
  const row =
    rows.find((candidate) => candidate.hun === hun) ?? rows.find((candidate) => candidate.hun === '*');
  return row === undefined
    ? undefined
    : { minAdjustmentPpm: row.minPpm, maxAdjustmentPpm: row.maxPpm, version: version.version };
};
