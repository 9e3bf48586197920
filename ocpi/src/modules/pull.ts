import type { Door } from '../door.ts';
import { OWNER_ROLE, readOwned, type ObjectModule } from '../objects/modules.ts';
import { askPartner } from '../partners/ask-partner.ts';
import { endpointOf, speaksFor, type Partner } from '../partners/partner.ts';
import { dateTimeOf } from '../objects/scalars.ts';
import { keepPeer } from '../store/peer-objects.ts';

/** What came of a pull. */
export interface Pulled {
  readonly taken: number;
  /** What was wrong with those that were not, the first few. */
  readonly faults: readonly string[];
  /** Why it ended early; what was taken stays, and the next pull begins again. */
  readonly stopped?: string;
}

const MOST_PAGES = 10_000;
/** More in one answer is no page. */
const MOST_IN_PAGE = 10_000;
const MOST_FAULTS = 20;
/** Two clocks, and objects that were written while others were read. */
const OVERLAP_MS = 300_000;

/** The next page that an answer names, on the same host. */
const nextPage = (link: string | null, current: string): string | undefined => {
  const next = /<([^>]+)>\s*;\s*rel="?next"?/i.exec(link ?? '')?.[1];
  if (next === undefined) return undefined;
  try {
    const url = new URL(next, current);
    return url.origin === new URL(current).origin ? url.href : undefined;
  } catch {
    return undefined;
  }
};

/** Where more is said to be there than pages led to, it is asked for by number, at the address of the first page. */
const pageByNumber = (first: string, taken: number, total: string | null): string | undefined => {
  if (taken === 0 || !/^\d{1,9}$/.test(total ?? '') || Number(total) <= taken) return undefined;
  const url = new URL(first);
  url.searchParams.set('offset', taken.toString());
  return url.href;
};

const firstPage = (endpoint: string, module: ObjectModule, untilMs: number | undefined): string => {
  const url = new URL(endpoint);
  url.searchParams.set('offset', '0');
  // Spec: OCPI 2.2.1 mod_sessions: date_from is required there.
  const fromMs = untilMs ?? (module === 'sessions' ? 0 : undefined);
  if (fromMs !== undefined) url.searchParams.set('date_from', dateTimeOf(Math.max(0, fromMs - OVERLAP_MS)));
  return url.href;
};

/** Takes a partner's objects of a module that changed since the last time, page by page; wrong ones are left out and named. */
export const pull = async (door: Door, partner: Partner, module: ObjectModule): Promise<Pulled> => {
  const { db, settings, nowMs, log } = door;
  const { partnerId, version } = partner;
  const endpoint = endpointOf(partner, module, 'SENDER');
  if (endpoint === undefined || version === undefined)
    return { taken: 0, faults: [], stopped: `it does not show ${module}` };
  const mark = await db
    .selectFrom('pull_mark')
    .select('until_ms')
    .where('partner_id', '=', partnerId)
    .where('module', '=', module)
    .executeTakeFirst();
  const beganMs = nowMs();
  const faults: string[] = [];
  let leftOut = 0;
  const leaveOut = (fault: string): void => {
    if (faults.length < MOST_FAULTS) faults.push(fault);
    leftOut += 1;
  };
  const owner = partner.roles.find(({ role }) => role === OWNER_ROLE[module]);
  const to = owner && { to: owner };
  let taken = 0;
  let received = 0;
  const first = firstPage(endpoint, module, mark?.until_ms);
  let url: string | undefined = first;
  let byNumber: string | undefined;
  const seen = new Set<string>();
  while (url !== undefined) {
    if (seen.has(url) || seen.size >= MOST_PAGES) return { taken, faults, stopped: 'its pages have no end' };
    seen.add(url);
    const outcome = await askPartner(door, partner, {
      method: 'GET',
      url,
      ...to,
      timeoutMs: settings.times.call,
    });
    if (outcome.kind === 'refused' && byNumber !== undefined && byNumber !== url) {
      url = byNumber;
      continue;
    }
    if (outcome.kind !== 'ok') return { taken, faults, stopped: outcome.detail };
    const { data, headers } = outcome;
    if (!Array.isArray(data)) return { taken, faults, stopped: 'it answered no list' };
    if (data.length > MOST_IN_PAGE)
      return { taken, faults, stopped: `a page of it has more than ${MOST_IN_PAGE} objects` };
    for (const value of data as unknown[]) {
      const read = readOwned(module, version, value);
      const isTheirs =
        read.ok && speaksFor(partner, read.value.country, read.value.party, OWNER_ROLE[module]);
      if (!read.ok || !isTheirs) {
        const fault = read.ok ? `${read.value.id} is of a party that is not of this platform` : read.error;
        leaveOut(fault);
        continue;
      }
      const { country, party, key } = read.value;
      const place = { partnerId, module, country, party, key };
      const kept = await db.transaction().execute((trx) => keepPeer(trx, place, read.value, nowMs()));
      if (kept === 'full') return { taken, faults, stopped: 'too much of it waits in the inbox' };
      if (kept === 'too-large') leaveOut(`${read.value.id} has more than 1 MiB`);
      else if (kept === 'conflict') leaveOut(`${read.value.id} is another CDR than the one that is here`);
      else taken += 1;
    }
    received += data.length;
    byNumber = data.length === 0 ? undefined : pageByNumber(first, received, headers.get('x-total-count'));
    url = nextPage(headers.get('link'), url) ?? byNumber;
  }
  // How many, and not which: ids of tokens are their drivers'.
  if (leftOut > 0) log.info({ partner: partnerId, module, leftOut }, 'objects were left out');
  await db
    .insertInto('pull_mark')
    .values({ partner_id: partnerId, module, until_ms: beganMs })
    .onConflict((conflict) => conflict.columns(['partner_id', 'module']).doUpdateSet({ until_ms: beganMs }))
    .execute();
  return { taken, faults };
};
