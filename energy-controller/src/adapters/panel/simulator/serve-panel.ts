import {
  createLogger,
  createService,
  kitError,
  reply,
  route,
  sharedSecretAuth,
  withKitProblems,
} from '@roamgrid/service-kit';
import { panelOrdered, panelOrders, panelReport } from '@roamgrid/wire';
import type { PanelPlant } from './panel-plant.ts';

interface PanelServer {
  readonly url: string;
  /** Neither read nor told. */
  isSilent: boolean;
  close(): Promise<void>;
}

/** Serves a simulated panel over plain HTTP at `/panel`. */
export const servePanel = async (plant: PanelPlant, secret: string): Promise<PanelServer> => {
  const auth = sharedSecretAuth([secret], 'controller');
  const heard = (): PanelPlant => {
    if (server.isSilent) throw kitError('UNAVAILABLE', 'the panel gives no answer');
    return plant;
  };
  const service = createService({
    name: 'panel',
    version: '0.1.0',
    logger: createLogger('panel', { level: 'silent' }),
    problems: withKitProblems({}),
    rateLimit: 'off',
    ready: () => Promise.resolve([]),
    routes: [
      route({
        ...{ method: 'get', path: '/panel', summary: 'Breakers, meters and sensors', auth },
        answers: { 200: panelReport },
        handler: () => Promise.resolve(reply(200, heard().report())),
      }),
      route({
        ...{ method: 'put', path: '/panel/orders', summary: 'Where breakers are to be', auth },
        body: panelOrders,
        answers: { 200: panelOrdered },
        handler: ({ body }) => Promise.resolve(reply(200, { notDone: heard().apply(body) })),
      }),
    ],
  });
  const url = `${await service.listen()}/panel`;
  const server: PanelServer = {
    ...{ url, isSilent: false },
    close: () => service.close(200),
  };
  return server;
};
