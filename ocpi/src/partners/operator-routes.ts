import type { AssertionClaims } from '@roamgrid/wire';
import { reply, route, ServiceError, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import type { Door } from '../door.ts';
import type { OcpiProblem } from '../problems.ts';
import { addPartner, endPartner } from './book.ts';
import { findPartner, listPartners, type Partner } from './partner.ts';
import { versionsAddress } from './own-credentials.ts';
import { registerAt, rotateWith, takeLeave } from './registration.ts';
import { giveToken } from './tokens.ts';

const partnerId = z.string().regex(/^[a-z0-9][a-z0-9-]{1,39}$/);
const one = z.strictObject({ partnerId });

const partnerView = z.strictObject({
  partnerId,
  name: z.string(),
  state: z.enum(['invited', 'registered', 'left', 'suspended']),
  parties: z.array(z.string()),
  roles: z.array(z.strictObject({ role: z.string(), country: z.string(), party: z.string() })),
  version: z.string().optional(),
  modules: z.array(z.string()),
  boundToCertificate: z.boolean(),
});

const viewOf = (partner: Partner): z.output<typeof partnerView> => ({
  partnerId: partner.partnerId,
  name: partner.name,
  state: partner.state,
  parties: [...partner.parties],
  roles: [...partner.roles],
  ...(partner.version !== undefined && { version: partner.version }),
  modules: partner.endpoints.map(({ module, role }) => `${module} ${role}`),
  boundToCertificate: partner.certificateSha256 !== undefined,
});

/** `POST /operator/v1/partners` */
export const newPartner = z.strictObject({
  partnerId,
  name: z.string().min(1).max(100),
  /** Country and party, `NLMSP`: what it may speak for, and nothing else. */
  parties: z
    .array(z.string().regex(/^[A-Z]{2}[A-Z0-9]{3}$/))
    .min(1)
    .max(50),
  tokenEncoding: z.enum(['base64', 'plain']).default('base64'),
  /** SHA-256 of its TLS client certificate, hex: its tokens are then no good without it. */
  certificateSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

const invitation = z.strictObject({ versionsUrl: z.url(), token: z.string(), expiresAtMs: z.int() });

/** How an operator brings partners in, and sends them away. */
export const partnerRoutes = (door: Door, auth: Auth<AssertionClaims>): readonly Route[] => {
  const { db, settings, nowMs } = door;
  const known = async (id: string): Promise<Partner> => {
    const partner = await findPartner(db, id);
    if (partner === undefined)
      throw new ServiceError<OcpiProblem>('PARTNER_UNKNOWN', `nobody is called ${id}`);
    return partner;
  };
  const shown = async (id: string): Promise<z.output<typeof partnerView>> => viewOf(await known(id));
  return [
    route({
      method: 'get',
      path: '/operator/v1/partners',
      summary: 'Partners outside the consortium',
      auth,
      answers: { 200: z.strictObject({ partners: z.array(partnerView) }) },
      handler: async () => reply(200, { partners: (await listPartners(db)).map(viewOf) }),
    }),
    route({
      method: 'post',
      path: '/operator/v1/partners',
      summary: 'Write a partner down, with the parties that it may speak for',
      auth,
      body: newPartner,
      answers: { 201: partnerView },
      problems: ['PARTNER_EXISTS'],
      handler: async ({ body }) => {
        const isNew = await addPartner(db, { ...body, certificateSha256: body.certificateSha256 });
        if (!isNew)
          throw new ServiceError<OcpiProblem>('PARTNER_EXISTS', 'its id, or one of its parties, is taken');
        return reply(201, await shown(body.partnerId));
      },
    }),
    route({
      method: 'post',
      path: '/operator/v1/partners/{partnerId}/invitation',
      summary: 'A token with which the partner registers here; it is shown this once',
      auth,
      params: one,
      answers: { 201: invitation },
      handler: async ({ params }) => {
        const partner = await known(params.partnerId);
        const token = await db.transaction().execute(async (trx) => {
          if (partner.state !== 'registered') {
            await trx
              .updateTable('partner')
              .set({ state: 'invited' })
              .where('partner_id', '=', partner.partnerId)
              .execute();
          }
          return giveToken(trx, partner.partnerId, 'invitation', settings.tokens, nowMs());
        });
        const expiresAtMs = nowMs() + settings.tokens.inviteMs;
        return reply(201, { versionsUrl: versionsAddress(door), token, expiresAtMs });
      },
    }),
    route({
      method: 'post',
      path: '/operator/v1/partners/{partnerId}/registration',
      summary: 'Register at a partner that invited this utility',
      auth,
      params: one,
      body: z.strictObject({ versionsUrl: z.url(), token: z.string().min(1).max(64) }),
      answers: { 200: partnerView },
      problems: ['PARTNER_AWAY', 'PARTNER_REFUSED', 'PARTNER_NOT_REGISTERED'],
      handler: async ({ params, body }) => {
        await registerAt(door, await known(params.partnerId), body.versionsUrl, body.token);
        return reply(200, await shown(params.partnerId));
      },
    }),
    route({
      method: 'post',
      path: '/operator/v1/partners/{partnerId}/rotation',
      summary: 'Make both tokens new, and read again what the partner has',
      auth,
      params: one,
      answers: { 200: partnerView },
      problems: ['PARTNER_AWAY', 'PARTNER_REFUSED', 'PARTNER_NOT_REGISTERED'],
      handler: async ({ params }) => {
        await rotateWith(door, await known(params.partnerId));
        return reply(200, await shown(params.partnerId));
      },
    }),
    route({
      method: 'post',
      path: '/operator/v1/partners/{partnerId}/end',
      summary: 'End the tokens of both sides',
      auth,
      params: one,
      body: z.strictObject({ state: z.enum(['left', 'suspended']) }),
      answers: { 200: partnerView.extend({ notTold: z.string().optional() }) },
      handler: async ({ params, body }) => {
        const notTold = await takeLeave(door, await known(params.partnerId));
        await endPartner(db, params.partnerId, body.state);
        const view = await shown(params.partnerId);
        return reply(200, { ...view, ...(notTold !== undefined && { notTold }) });
      },
    }),
  ];
};
