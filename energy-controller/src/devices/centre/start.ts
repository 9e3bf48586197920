import {
  createLogger,
  createService,
  reply,
  route,
  ServiceError,
  sharedSecretAuth,
  withKitProblems,
} from '@roamgrid/service-kit';
import { listenConfig, logLevel, startRounds, tlsConfig } from '@roamgrid/service-kit/runtime';
import { deviceNotice, noticeKey, noticeList } from '@roamgrid/wire';
import { z } from 'zod';
import { openGatewayDoor } from '../../gateway/gateway-door.ts';
import { fileNoticeStore } from './store.ts';
import { TamperRecorder, tamperLedgerConfig } from './tamper-recorder.ts';

const token = z.string().min(32);

export const centreConfig = z.strictObject({
  listen: listenConfig,
  tls: tlsConfig.exactOptional(),
  /** Of what it was told. */
  folder: z.string().min(1),
  /** Of the sites. */
  siteTokens: z.array(token).min(1),
  /** Of those who look. */
  operatorTokens: z.array(token).min(1),
  /** Where tampering is recorded; without it operators alone are told. */
  ledger: tamperLedgerConfig.exactOptional(),
  logLevel,
});
export type CentreConfig = z.input<typeof centreConfig>;

const problems = withKitProblems({
  NOTICE_CONFLICT: {
    status: 409,
    title: 'Another notice has this key',
    remedy: 'A key names one notice for good: draw another one.',
  },
});

/** The control centre: takes each notice once by its key, and shows them to operators. */
export const startCentre = async (
  given: CentreConfig,
): Promise<{ readonly url: string; close(): Promise<void> }> => {
  const config = centreConfig.parse(given);
  const store = fileNoticeStore(config.folder);
  const site = sharedSecretAuth(config.siteTokens, 'site');
  const operator = sharedSecretAuth(config.operatorTokens, 'operator');
  const log = createLogger('control-centre', { level: config.logLevel });
  const { ledger } = config;
  const recorder =
    ledger &&
    new TamperRecorder({
      settings: ledger,
      door: openGatewayDoor(ledger.gateway, ledger.utilityId),
      ...{ store, log },
    });
  const service = createService({
    name: 'control-centre',
    version: '0.1.0',
    logger: log,
    ready: () =>
      Promise.resolve(
        recorder === undefined ? [] : [{ name: 'ledger', ok: recorder.isAllTold, isAdvisory: true as const }],
      ),
    problems,
    ...(config.tls && { tls: config.tls }),
    routes: [
      route({
        method: 'put',
        path: '/notices/{key}',
        summary: 'Tell the control centre; told again, it changes nothing',
        auth: site,
        params: z.strictObject({ key: noticeKey }),
        body: deviceNotice,
        answers: { 200: null, 201: null },
        problems: ['NOTICE_CONFLICT'],
        handler: ({ params, body }) => {
          if (body.key !== params.key)
            throw new ServiceError('NOTICE_CONFLICT', 'the address has another key');
          const taken = store.take(body);
          if (taken === 'conflict')
            throw new ServiceError('NOTICE_CONFLICT', 'a notice of other content has this key');
          return Promise.resolve(taken === 'taken' ? reply(201) : reply(200));
        },
      }),
      route({
        method: 'get',
        path: '/notices',
        summary: 'What the sites told, oldest first',
        auth: operator,
        answers: { 200: noticeList },
        handler: () => Promise.resolve(reply(200, { notices: [...store.list()] })),
      }),
    ],
  });
  const url = await service.listen(config.listen);
  const looks =
    recorder && startRounds('tampering to the ledger', ledger.everyMs, () => recorder.look(), log, 'steady');
  return {
    url,
    close: async () => {
      await service.close();
      await looks?.stop();
    },
  };
};
