import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  panelTrip,
  panelPriorities,
  panelView,
  peakSchedule,
  peakSignal,
  recordId,
  siteThingId,
  unitAnswer,
  unitId,
  unitWish,
  type AssertionClaims,
} from '@roamgrid/wire';
import { z } from 'zod';
import { controllerError } from '../problems.ts';
import { merged } from '../site/changes.ts';
import type { Site } from '../site/site.ts';
import type { HousePanel } from './house-panel.ts';
import type { KeptPanel } from './kept.ts';
import { isZone } from './peaks.ts';

interface House {
  readonly site: Site;
  readonly panel: HousePanel;
}

/** What the phones of a house's people see of its panel and ask of it. Spec: PANEL-13. */
export const phoneRoutes = (
  sites: ReadonlyMap<string, Site>,
  auth: Auth<AssertionClaims>,
): readonly Route[] => {
  const houseOf = (siteId: string, { iss }: AssertionClaims): House => {
    const site = sites.get(siteId);
    // A stranger's phone does not learn which houses there are.
    if (site?.panel?.isOfPhone(iss) !== true)
      throw controllerError('SITE_UNKNOWN', `${iss} is no phone of a house ${siteId}`);
    return { site, panel: site.panel };
  };
  /** What is set holds from now on: it is decided anew, and the switch asked. */
  const revise = async (
    { siteId }: { readonly siteId: string },
    principal: AssertionClaims,
    set: (kept: KeptPanel, site: Site) => KeptPanel,
  ) => {
    const { site, panel } = houseOf(siteId, principal);
    await site.inTurn(() => panel.revise((kept) => set(kept, site)));
    await site.tick();
    await panel.followSwitch();
    return reply(200, { siteId, nowMs: site.nowMs, ...panel.view() });
  };
  const params = z.strictObject({ siteId: recordId });
  const root = '/phone/v1/sites/{siteId}/panel';
  return [
    route({
      ...{
        method: 'get',
        path: root,
        auth,
        params,
        summary: 'Breakers, units, and what is not believed and why',
      },
      answers: { 200: panelView },
      problems: ['SITE_UNKNOWN'],
      handler: ({ params: { siteId }, principal }) => {
        const { site, panel } = houseOf(siteId, principal);
        return Promise.resolve(reply(200, { siteId, nowMs: site.nowMs, ...panel.view() }));
      },
    }),
    route({
      ...{ method: 'put', path: `${root}/units/{unitId}`, auth, params: params.extend({ unitId }) },
      summary: 'Switch the breakers of a room, floor, type or group together; says which did not follow',
      body: unitWish,
      answers: { 200: unitAnswer },
      problems: ['SITE_UNKNOWN', 'UNIT_UNKNOWN'],
      handler: async ({ params: { siteId, unitId: asked }, body: { wanted }, principal }) => {
        const { site, panel } = houseOf(siteId, principal);
        await site.inTurn(() => panel.want(asked, wanted));
        await site.tick();
        await panel.look(AbortSignal.timeout(site.spec.times.readMs));
        return reply(200, panel.unit(asked));
      },
    }),
    route({
      ...{ method: 'put', path: `${root}/peak-signals/{signalId}`, auth, body: peakSignal },
      summary: 'The rate is a peak one in a time: batteries feed the house while it lasts',
      params: params.extend({ signalId: recordId }),
      answers: { 200: panelView },
      problems: ['SITE_UNKNOWN'],
      handler: ({ params: { signalId, ...at }, body, principal }) =>
        revise(at, principal, (kept, site) => ({
          ...kept,
          peakSignals: {
            ...Object.fromEntries(
              Object.entries(kept.peakSignals).filter(([, { endMs }]) => endMs > site.nowMs),
            ),
            [signalId]: body,
          },
        })),
    }),
    route({
      ...{ method: 'put', path: `${root}/schedule`, auth, params, body: peakSchedule },
      summary: 'When the peak rate holds on which days: kept here, and gone by without a phone',
      answers: { 200: panelView },
      problems: ['SITE_UNKNOWN', 'CHANGE_INVALID'],
      handler: ({ params: at, body, principal }) =>
        revise(at, principal, (kept, site) => {
          if (!isZone(body.zone, site.nowMs))
            throw controllerError('CHANGE_INVALID', `there is no time zone ${body.zone}`);
          return { ...kept, schedule: body };
        }),
    }),
    route({
      ...{ method: 'put', path: `${root}/priorities`, auth, params, body: panelPriorities },
      summary: 'Which breakers come first when there is not enough for all',
      answers: { 200: panelView },
      problems: ['SITE_UNKNOWN'],
      handler: ({ params: at, body: { priorities }, principal }) =>
        revise(at, principal, (kept) => ({ ...kept, priorities: merged(kept.priorities, priorities) })),
    }),
    route({
      ...{ method: 'put', path: `${root}/trips/{sourceId}`, auth, body: panelTrip },
      summary: 'A way that a car is to go: what it takes stays in the car until it leaves',
      params: params.extend({ sourceId: siteThingId }),
      answers: { 200: panelView },
      problems: ['SITE_UNKNOWN'],
      handler: ({ params: { sourceId, ...at }, body, principal }) =>
        revise(at, principal, (kept) => ({ ...kept, trips: { ...kept.trips, [sourceId]: body } })),
    }),
  ];
};
