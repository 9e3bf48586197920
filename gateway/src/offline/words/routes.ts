import { publicAuth, reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  broughtDiagnosis,
  capCalendar,
  chargerRules,
  diagnosisAnswer,
  evseId,
  FIRMWARE_CHUNKS,
  FIRMWARE_TEXT,
  firmwareBody,
  firmwareChunks,
  firmwareKeysAnswer,
  firmwareKeysBody,
  firmwareRelease,
  loadPlan,
  loadPlanRequest,
  ofModel,
  ofSite,
  setWord,
  shownChargers,
  shownToken,
  sitePlan,
  unavailableChargers,
  type AssertionClaims,
} from '@roamgrid/wire';
import { z } from 'zod';
import { setCaps } from './caps.ts';
import { shownChargersOf, takeDiagnosis } from './diagnoses.ts';
import type { FirmwareShelf } from './firmware.ts';
import { lastPlan, planLoad } from './load-plan.ts';
import { setRules, type RulesContext } from './rules.ts';
import { keepDriver } from './slots.ts';
import { setUnavailable } from './unavailable.ts';

export interface WordRouteContext extends RulesContext {
  readonly firmware: FirmwareShelf;
  readonly auth: { readonly operator: Auth<AssertionClaims> };
}

const JSON_ROOM = 64 * 1024;
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));

/** What an operator says to chargers, and sees of them. */
const operatorRoutes = (context: WordRouteContext): readonly Route[] => {
  const { auth, firmware } = context;
  return [
    route({
      method: 'put',
      path: '/operator/v1/offline/chargers/{evseId}/rules',
      summary: 'What holds at an outlet from when its charger hears of it',
      auth: auth.operator,
      params: z.strictObject({ evseId }),
      body: chargerRules,
      answers: { 200: setWord.pick({ version: true }) },
      problems: ['OFFLINE_OUTLET_UNKNOWN', 'OFFLINE_KEY_UNREGISTERED'],
      handler: async ({ params, body }) => {
        const { version } = await setRules(context, params.evseId, body);
        return reply(200, { version });
      },
    }),
    route({
      method: 'put',
      path: '/operator/v1/offline/sites/{siteId}/unavailable',
      summary: 'At which chargers of a site nobody may start, and when',
      auth: auth.operator,
      params: ofSite,
      body: unavailableChargers,
      answers: { 200: setWord.pick({ version: true }) },
      problems: ['OFFLINE_OUTLET_UNKNOWN', 'OFFLINE_KEY_UNREGISTERED'],
      handler: async ({ params, body }) => {
        const { version } = await setUnavailable(context, params.siteId, body);
        return reply(200, { version });
      },
    }),
    route({
      method: 'put',
      path: '/operator/v1/offline/sites/{siteId}/caps',
      summary: 'How much each of a site’s chargers may give in each quarter of an hour',
      auth: auth.operator,
      params: ofSite,
      body: capCalendar,
      answers: { 200: setWord.pick({ version: true }) },
      problems: ['OFFLINE_OUTLET_UNKNOWN', 'OFFLINE_KEY_UNREGISTERED'],
      handler: async ({ params, body }) => {
        const { version } = await setCaps(context, params.siteId, body);
        return reply(200, { version });
      },
    }),
    route({
      method: 'put',
      path: '/operator/v1/offline/sites/{siteId}/plan',
      summary: 'Withdraw a share of a site’s chargers in the peaks that the last day’s load lets expect',
      auth: auth.operator,
      params: ofSite,
      body: loadPlanRequest,
      answers: { 200: loadPlan },
      problems: ['OFFLINE_OUTLET_UNKNOWN', 'OFFLINE_KEY_UNREGISTERED', 'OFFLINE_NO_READINGS'],
      handler: async ({ params, body }) => reply(200, await planLoad(context, params.siteId, body)),
    }),
    route({
      method: 'get',
      path: '/operator/v1/offline/sites/{siteId}/plan',
      summary: 'The last plan of a site, and what came of it so far',
      auth: auth.operator,
      params: ofSite,
      answers: { 200: sitePlan },
      problems: ['OFFLINE_PLAN_UNKNOWN'],
      handler: async ({ params }) => reply(200, await lastPlan(context, params.siteId)),
    }),
    route({
      method: 'get',
      path: '/operator/v1/offline/chargers',
      summary: 'Chargers that hear of nobody: what was said to them, and what they said last',
      auth: auth.operator,
      query: z.strictObject({
        after: z.string().max(64).default(''),
        limit: z.coerce.number().int().min(1).max(200).default(100),
      }),
      answers: { 200: shownChargers },
      handler: async ({ query }) => reply(200, { chargers: await shownChargersOf(context, query) }),
    }),
    route({
      method: 'put',
      path: '/operator/v1/offline/firmware/{model}/keys',
      summary: 'Who may release firmware of a model: the first keys, or those that follow the last',
      auth: auth.operator,
      params: ofModel,
      body: firmwareKeysBody,
      answers: { 200: firmwareKeysAnswer },
      problems: ['OFFLINE_FIRMWARE_REFUSED'],
      handler: async ({ params, body }) =>
        reply(200, { version: await firmware.putKeys(params.model, body.keys) }),
    }),
    route({
      method: 'put',
      path: '/operator/v1/offline/firmware/{model}/release',
      summary: 'Publish firmware that its makers signed, for phones to carry',
      auth: auth.operator,
      params: ofModel,
      body: firmwareBody,
      bodyLimitBytes: FIRMWARE_TEXT + JSON_ROOM,
      answers: { 200: firmwareRelease },
      problems: ['OFFLINE_FIRMWARE_REFUSED', 'OFFLINE_FIRMWARE_UNKNOWN'],
      handler: async ({ params, body }) =>
        reply(200, await firmware.publish(params.model, body.release, bytes(body.image))),
    }),
  ];
};

/** What phones ask and bring: what they are given is signed, what they bring is signed by whom it is of. */
export const wordRoutes = (context: WordRouteContext): readonly Route[] => {
  const { firmware } = context;
  return [
    ...operatorRoutes(context),
    route({
      method: 'post',
      path: '/offline/v1/diagnoses',
      summary: 'What a charger said of itself, sealed; the last of each is kept, whoever brings it',
      auth: publicAuth,
      body: broughtDiagnosis,
      answers: { 200: diagnosisAnswer },
      problems: ['OFFLINE_OUTLET_UNKNOWN', 'OFFLINE_DIAGNOSIS_INVALID'],
      handler: async ({ body }) =>
        reply(200, { state: await takeDiagnosis(context, body.evseId, body.sealed) }),
    }),
    route({
      method: 'post',
      path: '/offline/v1/drivers',
      summary: 'What the owner of a token has reserved is for the phone that shows it',
      auth: publicAuth,
      body: shownToken,
      answers: { 204: null },
      problems: ['OFFLINE_TOKEN_UNKNOWN'],
      handler: async ({ body }) => {
        await keepDriver(context, bytes(body.token));
        return reply(204);
      },
    }),
    route({
      method: 'get',
      path: '/offline/v1/firmware/{model}',
      summary: 'The latest firmware of a model of charger',
      auth: publicAuth,
      params: ofModel,
      answers: { 200: firmwareRelease },
      problems: ['OFFLINE_FIRMWARE_UNKNOWN'],
      handler: async ({ params }) => reply(200, await firmware.latest(params.model)),
    }),
    route({
      method: 'get',
      path: '/offline/v1/firmware/{model}/{version}/chunks',
      summary: 'Chunks of it from a place on, each with its path to the root that was signed',
      auth: publicAuth,
      params: ofModel.extend({ version: z.coerce.number().int().min(1) }),
      query: z.strictObject({
        from: z.coerce.number().int().min(0),
        count: z.coerce.number().int().min(1).max(FIRMWARE_CHUNKS).default(FIRMWARE_CHUNKS),
      }),
      answers: { 200: firmwareChunks },
      problems: ['OFFLINE_FIRMWARE_UNKNOWN'],
      handler: async ({ params, query }) =>
        reply(200, { chunks: await firmware.chunks(params.model, params.version, query.from, query.count) }),
    }),
  ];
};
