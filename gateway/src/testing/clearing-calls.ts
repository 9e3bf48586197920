import assert from 'node:assert/strict';
import { invoiceRunAnswer, shownDispute, type InvoiceEntry, type ShownDispute } from '@roamgrid/wire';
import type { z } from 'zod';
import { until, type GatewayRig, type TestGateway } from './gateway-rig.ts';
import { startAt } from './session-driver.ts';

/** What AAA nodes ask their gateways of clearing. */

export const post = async <S extends z.ZodType>(
  gateway: TestGateway,
  path: string,
  schema: S,
  body: unknown = {},
): Promise<z.output<S>> => {
  const answer = await gateway.ask('aaa', 'POST', `/internal/v1/${path}`, body);
  assert.equal(answer.status, 200, `${path}: ${JSON.stringify(answer.body)}`);
  return schema.parse(answer.body);
};

export const get = async <S extends z.ZodType>(
  gateway: TestGateway,
  path: string,
  schema: S,
): Promise<z.output<S>> => {
  const answer = await gateway.ask('aaa', 'GET', `/internal/v1/${path}`);
  assert.equal(answer.status, 200, `${path}: ${JSON.stringify(answer.body)}`);
  return schema.parse(answer.body);
};

export const refusal = async (gateway: TestGateway, path: string, body: unknown = {}): Promise<unknown> =>
  (await gateway.ask('aaa', 'POST', `/internal/v1/${path}`, body)).body['code'];

/** The one invoice of a period that a run issues. */
export const issueOne = async (gateway: TestGateway, periodId: string): Promise<InvoiceEntry> => {
  const untilMs = Date.now() + 3_600_000;
  const { invoices } = await post(gateway, `periods/${periodId}/invoices`, invoiceRunAnswer, { untilMs });
  const [issued, ...others] = invoices.filter(({ record }) => record.state === 'issued');
  assert.ok(issued !== undefined && others.length === 0);
  return issued;
};

/** A dispute as a gateway shows it once it is in a state there. */
export const seen = (
  gateway: TestGateway,
  disputeId: string,
  state: ShownDispute['record']['state'],
): Promise<ShownDispute> =>
  until(`dispute is ${state}`, async () => {
    const { status, body } = await gateway.ask('aaa', 'GET', `/internal/v1/disputes/${disputeId}`);
    const found = status === 200 ? shownDispute.parse(body) : undefined;
    return found?.record.state === state ? found : undefined;
  });

/** Waits until a gateway has read an invoice. */
export const untilInvoiced = (gateway: TestGateway, invoiceId: string): Promise<true> =>
  until('the invoice is there', async () => {
    const { status } = await gateway.ask('aaa', 'GET', `/internal/v1/invoices/${invoiceId}/records`);
    return status === 200 ? true : undefined;
  });

/** A session of a minute, half of it parked. */
export const chargeAndPark = async ({ station }: GatewayRig, evseId: string): Promise<string> => {
  const { sessionId, begin } = await startAt(station, evseId);
  const at = (ms: number, wh: bigint, charging: boolean) => ({
    atMs: begin.atMs + ms,
    registerMilliWh: begin.registerMilliWh + wh * 1_000n,
    charging,
  });
  const request = station.stopRequest(evseId, at(60_000, 600n, false), [at(30_000, 600n, false)]);
  const { status, body } = await station.post(`sessions/${sessionId}/stop`, request);
  assert.equal(status, 200, JSON.stringify(body));
  return sessionId;
};
