import { call, reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { bill, driverBills, driverSessions, type DriverBill } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { gatewayError } from '../problems.ts';
import type { GatewayDb } from '../store/schema.ts';
import { withBattery } from './battery.ts';
import type { Driver } from './driver-auth.ts';

export interface DriverContext {
  readonly db: Kysely<GatewayDb>;
  readonly aaaUrl: string;
  readonly sign: (audience: string) => Promise<string>;
  readonly auth: Auth<Driver>;
}

const TIMEOUT_MS = 5_000;

const homeBills = z.strictObject({ bills: z.array(bill) });

/** A customer's bills live at the utility's AAA node alone; the gateway adds what stations told of the car. */
const billsOf = async ({ db, aaaUrl, sign }: DriverContext, sub: string): Promise<readonly DriverBill[]> => {
  const origin = new URL(aaaUrl).origin;
  const result = await call({
    method: 'GET',
    url: `${origin}/internal/v1/customers/${encodeURIComponent(sub)}/bills`,
    headers: { authorization: `Bearer ${await sign(origin)}` },
    answer: homeBills,
    timeoutMs: TIMEOUT_MS,
    maxBytes: 16 * 1024 * 1024,
  });
  if (result.ok) return withBattery(db, result.value.bills);
  if (result.failure.kind === 'problem' && result.failure.problem.status === 404) return [];
  throw gatewayError('HOME_SERVICE_DOWN', 'the bills cannot be read now', { cause: result.failure.kind });
};

/** What a utility's own customers ask. */
export const driverRoutes = (context: DriverContext): readonly Route[] => [
  route({
    method: 'get',
    path: '/driver/v1/bills',
    summary: 'My bills',
    auth: context.auth,
    answers: { 200: driverBills },
    problems: ['HOME_SERVICE_DOWN'],
    handler: async ({ principal }) => reply(200, { bills: [...(await billsOf(context, principal.sub))] }),
  }),
  route({
    method: 'get',
    path: '/driver/v1/sessions',
    summary: 'My charging sessions, latest first',
    auth: context.auth,
    answers: { 200: driverSessions },
    problems: ['HOME_SERVICE_DOWN'],
    handler: async ({ principal }) => {
      const bills = await billsOf(context, principal.sub);
      const sessions = bills.flatMap(({ lines }) => lines).sort((a, b) => b.startMs - a.startMs);
      return reply(200, { sessions });
    },
  }),
];
