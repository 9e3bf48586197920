import type {
  auditedBatchPage,
  auditedInvoicePage,
  auditedLanePage,
  auditedNettingPage,
  auditedSessionPage,
  auditedStationPage,
  auditedTariffPage,
  auditedUtilityPage,
  batchHeader,
  cdr,
  gapReport,
  sessionCloseBody,
  sessionEvidence,
  sessionOpenBody,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { load, readJson } from '../shared/load.ts';

/** Wire forms: amounts are decimal strings. Types only; the page carries no schema code. */
export type Evidence = z.input<typeof sessionEvidence>;
export type OpenBody = z.input<typeof sessionOpenBody>;
export type CloseBody = z.input<typeof sessionCloseBody>;
export type BatchHeader = z.input<typeof batchHeader>;
/** A charge detail record. */
export type Bill = z.input<typeof cdr>;
export type Station = z.input<typeof auditedStationPage>['items'][number];
export type Utility = z.input<typeof auditedUtilityPage>['items'][number];
export type Gaps = z.input<typeof gapReport>;
export type Lane = z.input<typeof auditedLanePage>['items'][number];
export interface Lists {
  readonly sessions: z.input<typeof auditedSessionPage>;
  readonly lanes: z.input<typeof auditedLanePage>;
  readonly tariffs: z.input<typeof auditedTariffPage>;
  readonly batches: z.input<typeof auditedBatchPage>;
  readonly invoices: z.input<typeof auditedInvoicePage>;
  readonly nettings: z.input<typeof auditedNettingPage>;
  readonly stations: z.input<typeof auditedStationPage>;
  readonly utilities: z.input<typeof auditedUtilityPage>;
}
export type ListName = keyof Lists;

/** A utility whose gateway the auditor may ask. */
export interface Source {
  readonly utilityId: string;
  readonly name: string;
}

export const sources = async (): Promise<readonly Source[]> =>
  (await load<{ sources: readonly Source[] }>('/config.json')).sources;

/** Ask one utility's gateway, through the page's own server, which signs for the auditor. */
async function ask<T>(utilityId: string, path: string): Promise<T> {
  const response = await fetch(`/relay/${encodeURIComponent(utilityId)}/auditor/v1/${path}`);
  return readJson<T>(response, `The gateway of ${utilityId}`);
}

export const list = <N extends ListName>(
  utilityId: string,
  name: N,
  query: Readonly<Record<string, string>> = {},
): Promise<Lists[N]> => ask(utilityId, `${name}?${new URLSearchParams(query)}`);

/** A list of one gateway, whole: page after page. */
export async function listAll<N extends ListName>(
  utilityId: string,
  name: N,
  query: Readonly<Record<string, string>> = {},
): Promise<Lists[N]> {
  const whole = await list(utilityId, name, { ...query, limit: '500' });
  const items: unknown[] = whole.items;
  for (let { cursor } = whole; cursor !== undefined;) {
    const next = await list(utilityId, name, { ...query, limit: '500', after: cursor });
    items.push(...next.items);
    ({ cursor } = next);
  }
  return whole;
}

export const evidence = (utilityId: string, sessionId: string): Promise<Evidence> =>
  ask(utilityId, `sessions/${encodeURIComponent(sessionId)}`);

export const gaps = (utilityId: string): Promise<Gaps> => ask(utilityId, 'gaps');

/** One bill with what proves it under a checkpoint of so many blocks, as text. */
export async function bundle(utilityId: string, sessionId: string, blocks: number): Promise<string> {
  const told = await ask<unknown>(utilityId, `bundles/${encodeURIComponent(sessionId)}?blocks=${blocks}`);
  return JSON.stringify(told);
}
