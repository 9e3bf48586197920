import type { HomeRule } from '@roamgrid/domain';
import type { PartnerRange } from '@roamgrid/wire';
import type { Db } from '../store/database.ts';
import type { CustomerClass } from '../store/schema.ts';
import { customerRules, homeRuleOf, partnerRules } from './rules.ts';
import { rulesInForce } from './versions.ts';

type Reader = Pick<Db, 'selectFrom'>;

/** What the home utility proposes for customers of a class now, with the version that says so. */
export const homeRuleInForce = async (
  db: Reader,
  customerClass: CustomerClass,
  atMs: number,
): Promise<{ readonly rule: HomeRule; readonly version: number } | undefined> => {
  const version = await rulesInForce(db, customerClass, atMs);
  return version === undefined
    ? undefined
    : { rule: homeRuleOf(customerRules.parse(version.rules)), version: version.version };
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
