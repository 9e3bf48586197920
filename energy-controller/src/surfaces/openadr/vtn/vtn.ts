import { publicAuth, reply, route, type Logger, type Service } from '@roamgrid/service-kit';
import { createOutside } from '@roamgrid/service-kit/outside';
import { allowedNetworks } from '@roamgrid/service-kit/runtime';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { VtnDesk } from './desk.ts';
import { Notifier } from './notifier.ts';
import { ObjectStore, type OpenAdrDb } from './object-store.ts';
import { vtnRoutes } from './routes.ts';
import { mountTokenRoute } from './token-route.ts';
import { openAdrClient, Tokens } from './tokens.ts';

/** Where a service's VTN is. */
export const VTN_PATH = '/openadr3/3.1.0';

/** A VTN: who may ask it, and in which own networks subscribers may be. */
export const vtnConfig = z.strictObject({
  clients: z
    .array(openAdrClient)
    .min(1)
    .max(10_000)
    .refine((all) => new Set(all.map(({ clientId }) => clientId)).size === all.length, {
      message: 'two clients have one id',
    }),
  allowedNetworks,
});
export type VtnConfig = z.output<typeof vtnConfig>;

export interface Vtn {
  close(): Promise<void>;
}

/** Serves a VTN beside what a service serves otherwise. Spec: OpenADR 3.1.0. */
export const mountVtn = (
  service: Service,
  config: VtnConfig,
  parts: {
    readonly db: Kysely<OpenAdrDb>;
    readonly nowMs: () => number;
    readonly log: Logger;
    readonly origin: () => string;
  },
): Vtn => {
  const { db, nowMs, log, origin } = parts;
  const store = new ObjectStore(db, nowMs);
  const businessLogic = new Set(
    config.clients.filter(({ role }) => role === 'business-logic').map(({ clientId }) => clientId),
  );
  const notifier = new Notifier(store, createOutside(config), log, businessLogic);
  const tokens = new Tokens(config.clients, nowMs);
  mountTokenRoute(service.app, `${VTN_PATH}/auth/token`, tokens);
  service.addRoutes([
    route({
      ...{ method: 'get', path: `${VTN_PATH}/auth/server`, auth: publicAuth },
      ...{ summary: 'Where tokens are given', answers: { 200: z.strictObject({ tokenURL: z.url() }) } },
      handler: () => Promise.resolve(reply(200, { tokenURL: `${origin()}${VTN_PATH}/auth/token` })),
    }),
    route({
      ...{ method: 'get', path: `${VTN_PATH}/notifiers`, auth: tokens.auth('business-logic', 'ven') },
      ...{ summary: 'How subscribers are told', answers: { 200: z.strictObject({ WEBHOOK: z.boolean() }) } },
      handler: () => Promise.resolve(reply(200, { WEBHOOK: true })),
    }),
    ...vtnRoutes(VTN_PATH, new VtnDesk(store, notifier), tokens, nowMs),
  ]);
  return { close: () => notifier.close() };
};
