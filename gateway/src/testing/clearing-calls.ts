import assert from 'node:assert/strict';
import { openStore } from '@roamgrid/service-kit';
import {
  canonicalText,
  clearingCommands,
  disputeChanges,
  invoiceRunAnswer,
  shownDispute,
  type InvoiceEntry,
  type ShownDispute,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { keepCommand } from '../batcher/commands.ts';
import { migrations } from '../store/migrations.ts';
import type { GatewayDb } from '../store/schema.ts';
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

/** Disputes that changed behind a cursor, in order, read in small pages. */
export const changesSince = async (
  gateway: TestGateway,
  role: 'hun' | 'vun',
  after = '',
): Promise<{ readonly ids: readonly string[]; readonly cursor: string }> => {
  const ids: string[] = [];
  for (let cursor = after; ;) {
    const path = `dispute-changes?${new URLSearchParams({ role, after: cursor, limit: '3' }).toString()}`;
    const page = await get(gateway, path, disputeChanges);
    if (page.items.length === 0) return { ids, cursor };
    ids.push(...page.items.map(({ record }) => record.disputeId));
    ({ cursor } = page);
  }
};

/** A command of a queue that was begun before a crash, and that the contract will refuse: nobody has its invoice. */
export const keepBegun = async ({ config }: TestGateway, queue: string): Promise<void> => {
  const { stateDir, name: database } = config.database;
  const store = await openStore<GatewayDb>({
    stateDir,
    database,
    schema: 'gateway',
    migrations,
    connections: 1,
  });
  const hash = 'ab'.repeat(32);
  const commandId = 'begun-before';
  const argument = canonicalText(clearingCommands.contest, {
    commandId,
    invoiceId: 'inv-of-nobody',
    disputes: [{ disputeId: hash, bodyHash: hash }],
  });
  const command = {
    contract: 'clearing',
    transaction: 'contest',
    argument,
    transient: {},
    role: 'aaa',
  } as const;
  await keepCommand(store.db, queue, { commandId, command }, Date.now());
  await store.close();
};

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
