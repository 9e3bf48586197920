import { publicAuth, reply, route, ServiceError, type Route } from '@roamgrid/service-kit';
import {
  kioskChoice,
  kioskConsent,
  kioskInfo,
  kioskState,
  kioskSwipe,
  pendingEnds,
  type KioskInfo,
} from '@roamgrid/wire';
import { OutletBusy, type Outlet } from '../agent/outlet.ts';

export const kioskProblems = {
  OUTLET_BUSY: { status: 409, title: 'The outlet is at another step', remedy: 'Do what the screen offers.' },
} as const;

/** What the page asked for came too late, or too early, for the outlet. */
const atItsStep = async (act: () => unknown): Promise<void> => {
  try {
    await act();
  } catch (thrown) {
    if (!(thrown instanceof OutletBusy)) throw thrown;
    throw new ServiceError<keyof typeof kioskProblems>('OUTLET_BUSY', thrown.message);
  }
};

const BODY_LIMIT_BYTES = 16 * 1024;

const shown = { auth: publicAuth, answers: { 200: kioskState }, problems: Object.keys(kioskProblems) };

/** What the kiosk page asks of its outlet. */
export const kioskRoutes = (outlet: Outlet, info: KioskInfo): readonly Route[] => [
  route({
    method: 'get',
    path: '/kiosk/v1/info',
    summary: 'What stands on the outlet, and what it offers',
    auth: publicAuth,
    answers: { 200: kioskInfo },
    handler: () => Promise.resolve(reply(200, info)),
  }),
  route({
    method: 'get',
    path: '/kiosk/v1/state',
    summary: 'What the screen shows now',
    ...shown,
    handler: () => Promise.resolve(reply(200, outlet.state)),
  }),
  route({
    method: 'get',
    path: '/kiosk/v1/ends',
    summary: 'Ends of sessions that the gateway has not taken yet, oldest first',
    auth: publicAuth,
    answers: { 200: pendingEnds },
    handler: () => Promise.resolve(reply(200, { ends: [...outlet.pendingEnds] })),
  }),
  route({
    method: 'post',
    path: '/kiosk/v1/swipes',
    summary: 'A driver says who he is and what he wants',
    ...shown,
    body: kioskSwipe,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    handler: async ({ body }) => {
      await atItsStep(() => outlet.swipe(body));
      return reply(200, outlet.state);
    },
  }),
  route({
    method: 'post',
    path: '/kiosk/v1/choice',
    summary: 'What the driver wants, for a card that comes to the reader',
    ...shown,
    body: kioskChoice,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    handler: ({ body }) => {
      outlet.choose(body);
      return Promise.resolve(reply(200, outlet.state));
    },
  }),
  route({
    method: 'post',
    path: '/kiosk/v1/consent',
    summary: 'The driver accepts the offer on the screen',
    ...shown,
    body: kioskConsent,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    handler: async ({ body }) => {
      await atItsStep(() => outlet.consent(body.quoteHash));
      return reply(200, outlet.state);
    },
  }),
  ...(['decline', 'stop', 'done'] as const).map((step) =>
    route({
      method: 'post',
      path: `/kiosk/v1/${step}`,
      summary: `The driver presses “${step}”`,
      ...shown,
      handler: async () => {
        await atItsStep(() => outlet[step]());
        return reply(200, outlet.state);
      },
    }),
  ),
];
