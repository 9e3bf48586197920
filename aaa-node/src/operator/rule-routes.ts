import { instantMs, type AssertionClaims } from '@roamgrid/wire';
import { kitError, reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import { ruleTableName, ruleTables, type RuleTableName } from '../crp/rules.ts';
import { activateRules, draftRules, listRules, reviewRules, withdrawRules } from '../crp/versions.ts';
import type { Db } from '../store/database.ts';

const ruleVersion = z.strictObject({
  version: z.int().min(1),
  state: z.enum(['draft', 'reviewed', 'active', 'withdrawn']),
  effectiveFromMs: instantMs,
  author: z.string(),
  reviewer: z.string().nullable(),
  createdAtMs: instantMs,
  activatedAtMs: instantMs.nullable(),
  rules: z.unknown(),
});

/** `POST /operator/v1/crp/{table}/versions`; `rules` as the table's schema says, amounts as decimal strings. */
export const ruleDraft = z.strictObject({ rules: z.unknown(), effectiveFromMs: instantMs });

const tableParams = z.object({ table: ruleTableName });
const versionParams = z.object({ table: ruleTableName, version: z.coerce.number().pipe(z.int32().min(1)) });

/** The rules in wire form, when they are right. */
const checkRules = (table: RuleTableName, rules: unknown): unknown => {
  const schema: z.ZodType = ruleTables[table].rules;
  const parsed = schema.safeParse(rules);
  if (parsed.success) return schema.encode(parsed.data);
  const issue = parsed.error.issues[0];
  throw kitError(
    'INVALID_REQUEST',
    `/body/rules/${issue?.path.join('/') ?? ''}: ${issue?.message ?? 'invalid'}`,
  );
};

export interface RuleRouteOptions {
  readonly db: Db;
  /** Role operator; who asks is the author or reviewer. */
  readonly auth: Auth<AssertionClaims>;
  readonly nowMs: () => number;
}

/** Life of the charging rules: draft → reviewed by another → active from its date on; or withdrawn. */
export const ruleRoutes = ({ db, auth, nowMs }: RuleRouteOptions): readonly Route[] => [
  route({
    method: 'get',
    path: '/operator/v1/crp/{table}/versions',
    summary: 'Versions of a rule table, newest first',
    auth,
    params: tableParams,
    answers: { 200: z.strictObject({ versions: z.array(ruleVersion) }) },
    handler: async ({ params }) => reply(200, { versions: [...(await listRules(db, params.table))] }),
  }),
  route({
    method: 'post',
    path: '/operator/v1/crp/{table}/versions',
    summary: 'Draft a version',
    auth,
    params: tableParams,
    body: ruleDraft,
    answers: { 201: ruleVersion },
    handler: async ({ principal, params, body }) => {
      const rules = checkRules(params.table, body.rules);
      const draft = { rules, effectiveFromMs: body.effectiveFromMs, author: principal.iss };
      return reply(201, await draftRules(db, params.table, draft, nowMs()));
    },
  }),
  route({
    method: 'post',
    path: '/operator/v1/crp/{table}/versions/{version}/review',
    summary: 'Review a draft that another wrote',
    auth,
    params: versionParams,
    answers: { 200: ruleVersion },
    problems: ['RULE_VERSION_NOT_FOUND', 'RULE_STATE', 'RULE_REVIEW_OWN'],
    handler: async ({ principal, params }) =>
      reply(200, await reviewRules(db, params.table, params.version, principal.iss)),
  }),
  route({
    method: 'post',
    path: '/operator/v1/crp/{table}/versions/{version}/activate',
    summary: 'Put a reviewed version in force from its effective date on',
    auth,
    params: versionParams,
    answers: { 200: ruleVersion },
    problems: ['RULE_VERSION_NOT_FOUND', 'RULE_STATE'],
    handler: async ({ params }) => reply(200, await activateRules(db, params.table, params.version, nowMs())),
  }),
  route({
    method: 'post',
    path: '/operator/v1/crp/{table}/versions/{version}/withdraw',
    summary: 'Take a version back; the one before is in force again',
    auth,
    params: versionParams,
    answers: { 200: ruleVersion },
    problems: ['RULE_VERSION_NOT_FOUND', 'RULE_STATE'],
    handler: async ({ params }) => reply(200, await withdrawRules(db, params.table, params.version)),
  }),
];
