import {
  createLogger,
  createService,
  kitError,
  reply,
  route,
  sharedSecretAuth,
  withKitProblems,
} from '@roamgrid/service-kit';
import type { listenConfig } from '@roamgrid/service-kit/runtime';
import {
  chargeTerms,
  grantOrders,
  instantMs,
  loadReport,
  signedEnergy,
  siteThingId,
  sourceOrder,
  sourceReport,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { Plant } from './plant.ts';

const instant = z.coerce.number().pipe(instantMs);

/** What is wrong with a simulated device. */
export interface DeviceFault {
  /** Is away: neither read nor told. */
  readonly isSilent?: boolean;
  /** Is read, and takes no orders. */
  readonly isDeaf?: boolean;
  /** Does what it is told, and the answer is lost. */
  readonly losesAnswers?: boolean;
}

export interface PlantServer {
  readonly url: string;
  /** By the id of a load or source. */
  readonly faults: Map<string, DeviceFault>;
  close(): Promise<void>;
}

/** Serves a plant's devices over plain HTTP, each at its own address: `/loads/{id}` and `/sources/{id}`. */
export const servePlant = async (
  plant: Plant,
  secret: string,
  listen?: z.output<typeof listenConfig>,
): Promise<PlantServer> => {
  const faults = new Map<string, DeviceFault>();
  const auth = sharedSecretAuth([secret], 'controller');
  const params = z.strictObject({ id: siteThingId });
  const noAnswer = (id: string) => kitError('UNAVAILABLE', `${id} gives no answer`);
  const known = (id: string): void => {
    if (!plant.loads.has(id) && !plant.sources.has(id))
      throw kitError('ROUTE_NOT_FOUND', `there is no ${id}`);
  };
  const read = <T>(id: string, work: () => T): T => {
    known(id);
    if (faults.get(id)?.isSilent === true) throw noAnswer(id);
    return work();
  };
  const told = (id: string, work: () => void): void => {
    known(id);
    const { isSilent = false, isDeaf = false, losesAnswers = false } = faults.get(id) ?? {};
    if (!isSilent && !isDeaf) work();
    if (isSilent || losesAnswers || isDeaf) throw noAnswer(id);
  };
  const service = createService({
    name: 'plant',
    version: '0.1.0',
    logger: createLogger('plant', { level: 'silent' }),
    problems: withKitProblems({}),
    rateLimit: 'off',
    ready: () => Promise.resolve([]),
    routes: [
      route({
        ...{ method: 'get', path: '/loads/{id}', summary: 'What a load takes and asks for', auth, params },
        answers: { 200: loadReport },
        handler: ({ params: { id } }) => {
          const { claims, ...reading } = read(id, () => plant.readLoad(id));
          return Promise.resolve(
            reply(200, {
              ...reading,
              claims: claims.map(({ schedules: _schedules, ...claim }) => claim),
            } as z.output<typeof loadReport>),
          );
        },
      }),
      route({
        ...{ method: 'put', path: '/loads/{id}/grants', summary: 'What its claims may take', auth, params },
        body: grantOrders,
        answers: { 204: null },
        handler: ({ params: { id }, body }) => {
          told(id, () => {
            plant.grant(id, body.orders);
          });
          return Promise.resolve(reply(204));
        },
      }),
      route({
        ...{ method: 'put', path: '/loads/{id}/terms', summary: 'How a charge is planned', auth, params },
        body: chargeTerms,
        answers: { 204: null },
        handler: ({ params: { id }, body }) => {
          told(id, () => {
            plant.terms.set(body.claimId, body);
          });
          return Promise.resolve(reply(204));
        },
      }),
      route({
        ...{ method: 'post', path: '/loads/{id}/safe', summary: 'The least, at once', auth, params },
        body: z.strictObject({}),
        answers: { 204: null },
        handler: ({ params: { id } }) => {
          told(id, () => {
            plant.makeSafe(id);
          });
          return Promise.resolve(reply(204));
        },
      }),
      route({
        ...{ method: 'get', path: '/sources/{id}', summary: 'What a source has and gives', auth, params },
        answers: { 200: sourceReport },
        handler: ({ params: { id } }) =>
          Promise.resolve(reply(200, read(id, () => plant.readSource(id)) as z.output<typeof sourceReport>)),
      }),
      route({
        ...{ method: 'get', path: '/sources/{id}/energy', summary: 'What its meter signed', auth, params },
        query: z.strictObject({ from: instant, to: instant }),
        answers: { 200: signedEnergy },
        handler: ({ params: { id }, query: { from, to } }) =>
          Promise.resolve(reply(200, { intervals: read(id, () => plant.signedBy(id, from, to)) })),
      }),
      route({
        ...{ method: 'put', path: '/sources/{id}/order', summary: 'What it is to put out', auth, params },
        body: sourceOrder,
        answers: { 204: null },
        handler: ({ params: { id }, body }) => {
          told(id, () => {
            plant.setW(id, body);
          });
          return Promise.resolve(reply(204));
        },
      }),
    ],
  });
  const url = await service.listen(listen);
  return {
    url,
    faults,
    async close() {
      await service.close(200);
    },
  };
};
