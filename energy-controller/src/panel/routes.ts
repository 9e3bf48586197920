import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { panelView, recordId, unitAnswer, unitId, unitWish, type AssertionClaims } from '@roamgrid/wire';
import { z } from 'zod';
import { controllerError } from '../problems.ts';
import type { Site } from '../site/site.ts';
import type { HousePanel } from './house-panel.ts';

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
  ];
};
