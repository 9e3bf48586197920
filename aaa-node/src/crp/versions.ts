import { aaaError } from '../problems.ts';
import type { Db } from '../store/database.ts';
import type { RuleState } from '../store/schema.ts';
import { ruleTables, type RuleTableName } from './rules.ts';

/** One version of a rule table, as operators see it. */
export interface RuleVersion {
  readonly version: number;
  readonly state: RuleState;
  readonly effectiveFromMs: number;
  readonly author: string;
  readonly reviewer: string | null;
  readonly createdAtMs: number;
  readonly activatedAtMs: number | null;
  /** In wire form. */
  readonly rules: unknown;
}

/** Versions kept on show. */
const LIST_LIMIT = 200;

const summary = (row: {
  version: number;
  state: RuleState;
  effective_from_ms: number;
  author: string;
  reviewer: string | null;
  created_at_ms: number;
  activated_at_ms: number | null;
  rules: unknown;
}): RuleVersion => ({
  version: row.version,
  state: row.state,
  effectiveFromMs: row.effective_from_ms,
  author: row.author,
  reviewer: row.reviewer,
  createdAtMs: row.created_at_ms,
  activatedAtMs: row.activated_at_ms,
  rules: row.rules,
});

/** Puts a draft down. `rules` is in wire form and matches the table's schema. */
export const draftRules = async (
  db: Db,
  name: RuleTableName,
  draft: { readonly rules: unknown; readonly effectiveFromMs: number; readonly author: string },
  nowMs: number,
): Promise<RuleVersion> =>
  summary(
    await db
      .insertInto(ruleTables[name].table)
      .values({
        state: 'draft',
        rules: JSON.stringify(draft.rules),
        effective_from_ms: draft.effectiveFromMs,
        author: draft.author,
        reviewer: null,
        created_at_ms: nowMs,
        activated_at_ms: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow(),
  );

const read = async (db: Db, name: RuleTableName, version: number): Promise<RuleVersion> => {
  const row = await db
    .selectFrom(ruleTables[name].table)
    .selectAll()
    .where('version', '=', version)
    .executeTakeFirst();
  if (row === undefined) throw aaaError('RULE_VERSION_NOT_FOUND', `${name} has no version ${version}`);
  return summary(row);
};

/** One step of a version's life, made only from the state before it: of two at once one wins. */
const step = async (
  db: Db,
  name: RuleTableName,
  version: number,
  from: readonly RuleState[],
  to: { readonly state: RuleState; readonly reviewer?: string; readonly activated_at_ms?: number },
): Promise<RuleVersion> => {
  const row = await db
    .updateTable(ruleTables[name].table)
    .set(to)
    .where('version', '=', version)
    .where('state', 'in', from)
    .returningAll()
    .executeTakeFirst();
  if (row !== undefined) return summary(row);
  const { state } = await read(db, name, version);
  throw aaaError(
    'RULE_STATE',
    `${name} version ${version} is ${state}; this step needs ${from.join(' or ')}`,
  );
};

/** Four eyes: nobody reviews what they wrote. */
export const reviewRules = async (db: Db, name: RuleTableName, version: number, reviewer: string) => {
  const { author } = await read(db, name, version);
  if (author === reviewer) throw aaaError('RULE_REVIEW_OWN', `${reviewer} wrote version ${version}`);
  return step(db, name, version, ['draft'], { state: 'reviewed', reviewer });
};

/** From its effective date on it replaces the version before; no restart is needed. */
export const activateRules = (db: Db, name: RuleTableName, version: number, nowMs: number) =>
  step(db, name, version, ['reviewed'], { state: 'active', activated_at_ms: nowMs });

/** Takes a version back; what was in force before it is in force again. */
export const withdrawRules = (db: Db, name: RuleTableName, version: number) =>
  step(db, name, version, ['draft', 'reviewed', 'active'], { state: 'withdrawn' });

export const listRules = async (db: Db, name: RuleTableName): Promise<readonly RuleVersion[]> =>
  (
    await db
      .selectFrom(ruleTables[name].table)
      .selectAll()
      .orderBy('version', 'desc')
      .limit(LIST_LIMIT)
      .execute()
  ).map(summary);

/** The version in force at an instant: active, and of the latest effective date that has come. */
export const rulesInForce = async (
  db: Pick<Db, 'selectFrom'>,
  name: RuleTableName,
  atMs: number,
): Promise<RuleVersion | undefined> => {
  const row = await db
    .selectFrom(ruleTables[name].table)
    .selectAll()
    .where('state', '=', 'active')
    .where('effective_from_ms', '<=', atMs)
    .orderBy('effective_from_ms', 'desc')
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : summary(row);
};
