import { parseJsonKeepingNumbers, type AssertionClaims } from '@roamgrid/wire';
import { reply, route, ServiceError, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import type { Door } from '../door.ts';
import { COMMANDS } from '../objects/commands.ts';
import { OBJECT_MODULES, type ObjectModule } from '../objects/modules.ts';
import { isTree, type JsonTree } from '../objects/read.ts';
import { findPartner, type Partner } from '../partners/partner.ts';
import type { OcpiProblem } from '../problems.ts';
import { askCommand, askProfile, type Asked, type NotAsked } from './ask-command.ts';
import { publish, takeBack } from './publish.ts';
import { pull } from './pull.ts';

const module = z.enum(OBJECT_MODULES);
const partnerId = z.string().max(40);
/** JSON as text, so that every digit comes here. */
const text = z.string().max(200_000);

/** Whoever provided the card is told, and nobody else. */
const ONE_CUSTOMERS: ReadonlySet<ObjectModule> = new Set(['sessions', 'cdrs']);

const problem = (code: OcpiProblem, detail: string): ServiceError<OcpiProblem> =>
  new ServiceError(code, detail);

const treeIn = (json: string): JsonTree => {
  const parsed = parseJsonKeepingNumbers(json);
  if (!parsed.ok || !isTree(parsed.value)) throw problem('OBJECT_INVALID', 'the text is no JSON object');
  return parsed.value;
};

const CODE_OF = { away: 'PARTNER_AWAY', refused: 'PARTNER_REFUSED', invalid: 'OBJECT_INVALID' } as const;
const askedOf = (outcome: Asked | NotAsked): Asked => {
  if ('fault' in outcome) throw problem(CODE_OF[outcome.fault], outcome.detail);
  return outcome;
};

const asked = z.strictObject({ commandId: z.uuid(), response: z.string() });
const commandView = z.strictObject({
  commandId: z.uuid(),
  kind: z.string(),
  response: z.string().nullable(),
  /** JSON text of what came of it; null until it came. */
  result: z.string().nullable(),
  isOver: z.boolean(),
});
const refusedPush = z.strictObject({
  seq: z.string(),
  partnerId,
  module: z.string(),
  key: z.string(),
  reason: z.string(),
});
const waitingCdr = z.strictObject({ partnerId, state: z.string(), key: z.string(), madeAtMs: z.number() });

/** What an operator shows to partners, takes from them and asks of them. */
export const objectRoutes = (door: Door, auth: Auth<AssertionClaims>): readonly Route[] => {
  const { db, nowMs } = door;
  const registered = async (id: string): Promise<Partner> => {
    const partner = await findPartner(db, id);
    if (partner === undefined) throw problem('PARTNER_UNKNOWN', `nobody is called ${id}`);
    if (partner.state !== 'registered') throw problem('PARTNER_NOT_REGISTERED', `${id} is ${partner.state}`);
    return partner;
  };
  return [
    route({
      method: 'put',
      path: '/operator/v1/own/{module}',
      summary: 'Show an object of the utility’s own to partners, and tell those that take it',
      auth,
      params: z.strictObject({ module }),
      /** With a partner it is for that one alone, which what is of one customer has to be. */
      body: z.strictObject({ text, partnerId: partnerId.optional() }),
      answers: { 200: z.strictObject({ id: z.string() }) },
      problems: ['OBJECT_INVALID', 'PARTNER_UNKNOWN'],
      handler: async ({ params, body }) => {
        const { partnerId: audience } = body;
        if (audience === undefined && ONE_CUSTOMERS.has(params.module))
          throw problem('OBJECT_INVALID', `${params.module} are for one partner: name it in "partnerId"`);
        if (audience !== undefined && (await findPartner(db, audience)) === undefined)
          throw problem('PARTNER_UNKNOWN', `nobody is called ${audience}`);
        const shown = await publish(door, params.module, treeIn(body.text), audience);
        if (!shown.ok) throw problem('OBJECT_INVALID', shown.error);
        return reply(200, { id: shown.value.id });
      },
    }),
    route({
      method: 'delete',
      path: '/operator/v1/own/tariffs/{tariffId}',
      summary: 'Take a tariff back',
      auth,
      params: z.strictObject({ tariffId: z.string().max(36) }),
      answers: { 204: null },
      problems: ['OBJECT_UNKNOWN'],
      handler: async ({ params }) => {
        if (!(await takeBack(door, params.tariffId)))
          throw problem('OBJECT_UNKNOWN', 'there is no such tariff');
        return reply(204);
      },
    }),
    route({
      method: 'post',
      path: '/operator/v1/partners/{partnerId}/pulls',
      summary: 'Take what a partner has of a module, as far as it changed',
      auth,
      params: z.strictObject({ partnerId }),
      body: z.strictObject({ module }),
      answers: {
        200: z.strictObject({
          taken: z.int(),
          faults: z.array(z.string()),
          stopped: z.string().optional(),
        }),
      },
      problems: ['PARTNER_UNKNOWN', 'PARTNER_NOT_REGISTERED'],
      handler: async ({ params, body }) => {
        const { taken, faults, stopped } = await pull(door, await registered(params.partnerId), body.module);
        return reply(200, { taken, faults: [...faults], ...(stopped !== undefined && { stopped }) });
      },
    }),
    route({
      method: 'post',
      path: '/operator/v1/partners/{partnerId}/commands',
      summary: 'Send a command to a partner’s stations',
      auth,
      params: z.strictObject({ partnerId }),
      body: z.strictObject({ kind: z.enum(COMMANDS), text }),
      answers: { 200: asked },
      problems: ['PARTNER_UNKNOWN', 'PARTNER_AWAY', 'PARTNER_REFUSED', 'OBJECT_INVALID'],
      handler: async ({ params, body }) => {
        const partner = await registered(params.partnerId);
        return reply(200, askedOf(await askCommand(door, partner, body.kind, treeIn(body.text))));
      },
    }),
    route({
      method: 'post',
      path: '/operator/v1/partners/{partnerId}/profiles/{sessionId}',
      summary: 'Ask for, set or clear the charging profile of a session at a partner’s station',
      auth,
      params: z.strictObject({ partnerId, sessionId: z.string().max(36) }),
      body: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('get'), durationS: z.int().min(0) }),
        z.strictObject({ kind: z.literal('set'), text }),
        z.strictObject({ kind: z.literal('clear') }),
      ]),
      answers: { 200: asked },
      problems: ['PARTNER_UNKNOWN', 'PARTNER_AWAY', 'PARTNER_REFUSED', 'OBJECT_INVALID'],
      handler: async ({ params, body }) => {
        const partner = await registered(params.partnerId);
        const ask = body.kind === 'set' ? { kind: body.kind, profile: treeIn(body.text) } : body;
        return reply(200, askedOf(await askProfile(door, partner, params.sessionId, ask)));
      },
    }),
    route({
      method: 'get',
      path: '/operator/v1/commands/{commandId}',
      summary: 'What came of a command',
      auth,
      params: z.strictObject({ commandId: z.uuid() }),
      answers: { 200: commandView },
      problems: ['OBJECT_UNKNOWN'],
      handler: async ({ params }) => {
        const row = await db
          .selectFrom('command')
          .selectAll()
          .where('command_id', '=', params.commandId)
          .executeTakeFirst();
        if (row === undefined) throw problem('OBJECT_UNKNOWN', 'there is no such command');
        const { command_id: commandId, kind, response, result } = row;
        const isOver = result !== null || row.expires_at_ms < nowMs();
        return reply(200, { commandId, kind, response, result, isOver });
      },
    }),
    route({
      method: 'get',
      path: '/operator/v1/refused-pushes',
      summary: 'What partners refused for good',
      auth,
      answers: { 200: z.strictObject({ items: z.array(refusedPush) }) },
      handler: async () => {
        const rows = await db
          .selectFrom('outbox')
          .selectAll()
          .where('refused', 'is not', null)
          .orderBy('seq')
          .limit(1_000)
          .execute();
        const items = rows.map((row) => ({
          seq: String(row.seq),
          partnerId: row.partner_id,
          module: row.module,
          key: row.object_key,
          reason: row.refused ?? '',
        }));
        return reply(200, { items });
      },
    }),
    route({
      method: 'get',
      path: '/operator/v1/waiting-cdrs',
      summary: 'CDRs for partners that are not registered: they are told when they are again',
      auth,
      answers: { 200: z.strictObject({ items: z.array(waitingCdr) }) },
      handler: async () => {
        const rows = await db
          .selectFrom('outbox')
          .innerJoin('partner', 'partner.partner_id', 'outbox.partner_id')
          .select(['outbox.partner_id', 'partner.state', 'object_key', 'made_at_ms'])
          .where('module', '=', 'cdrs')
          .where('partner.state', '<>', 'registered')
          .orderBy('seq')
          .limit(1_000)
          .execute();
        const items = rows.map((row) => ({
          partnerId: row.partner_id,
          state: row.state,
          key: row.object_key,
          madeAtMs: row.made_at_ms,
        }));
        return reply(200, { items });
      },
    }),
    route({
      method: 'delete',
      path: '/operator/v1/refused-pushes/{seq}',
      summary: 'Tell it no more; what waited behind it is told',
      auth,
      params: z.strictObject({ seq: z.string().regex(/^\d{1,18}$/) }),
      answers: { 204: null },
      problems: ['OBJECT_UNKNOWN'],
      handler: async ({ params }) => {
        const { numDeletedRows } = await db
          .deleteFrom('outbox')
          .where('seq', '=', BigInt(params.seq))
          .where('refused', 'is not', null)
          .executeTakeFirstOrThrow();
        if (numDeletedRows === 0n) throw problem('OBJECT_UNKNOWN', 'nothing of that number was refused');
        return reply(204);
      },
    }),
    route({
      method: 'post',
      path: '/operator/v1/refused-pushes/{seq}/retell',
      summary: 'Tell it again',
      auth,
      params: z.strictObject({ seq: z.string().regex(/^\d{1,18}$/) }),
      answers: { 204: null },
      problems: ['OBJECT_UNKNOWN'],
      handler: async ({ params }) => {
        const { numUpdatedRows } = await db
          .updateTable('outbox')
          .set({ refused: null, attempts: 0, next_at_ms: nowMs() })
          .where('seq', '=', BigInt(params.seq))
          .where('refused', 'is not', null)
          .executeTakeFirstOrThrow();
        if (numUpdatedRows === 0n) throw problem('OBJECT_UNKNOWN', 'nothing of that number was refused');
        return reply(204);
      },
    }),
  ];
};
