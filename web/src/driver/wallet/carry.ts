import type { KeptRecord, KeptToken, RecordState } from './kept.ts';
import type { Purse } from './purse.ts';
import { ownSlots } from './slots.ts';
import { doorOf, fetchPlaces } from './visited.ts';
import { bytesOfBase64Url } from '../../shared/hash.ts';
import { Refused } from '../../shared/load.ts';

/** What a phone carries between chargers and their utilities, whenever it has a network: words there, records back. */

type Door = ReturnType<typeof doorOf>;

/** Records, and leaves, in one request. Spec: `CARRIED_RECORDS` of the wire, of which pages load no code. */
const AT_ONCE = 20;
/** So old may be, while there is a network, what is carried to a charger, and where chargers are. */
const [LOAD_WITHIN_MS, PLACES_WITHIN_MS] = [60_000, 10 * 60_000];

const STATES: readonly RecordState[] = ['taken', 'booked', 'refused'];
const isNews = (before: RecordState, state: RecordState): boolean => before !== state && before !== 'booked';

/** Hands a utility what was taken from its chargers. What it has, or never takes, is forgotten here. @returns how many */
const bring = async (
  { store, tokens }: Purse,
  door: Door,
  records: readonly KeptRecord[],
): Promise<number> => {
  const outlets = new Set(records.map(({ evseId }) => evseId));
  const leaves = tokens
    .filter(({ evseId }) => outlets.has(evseId))
    .sort((a, b) => b.fromMs - a.fromMs)
    .map(({ signedLeave }) => signedLeave);
  const some = records.slice(0, AT_ONCE).map(({ sealed, ...record }) => ({ ...record, bytes: sealed }));
  const told = await door.bring(some, leaves.slice(0, AT_ONCE));
  for (const { evseId, number, state: said } of told.records) {
    const recordId = records.find((each) => each.evseId === evseId && each.number === number)?.recordId;
    const state = STATES.find((each) => each === said);
    if (recordId === undefined || state === undefined) continue;
    const session = await store.find('sessions', recordId);
    if (session !== undefined && isNews(session.record, state))
      await store.keep('sessions', { ...session, record: state });
    await store.forget('records', recordId);
  }
  return told.records.length;
};

/** What is told beside: where it is refused for good, nothing else waits for it. @returns whether it need not be told again */
const tried = async (telling: Promise<unknown>): Promise<boolean> => {
  try {
    await telling;
    return true;
  } catch (failed) {
    return failed instanceof Refused;
  }
};

/** What chargers said of themselves. */
const bringDiagnoses = async ({ store }: Purse, door: Door, vun: string): Promise<void> => {
  const own = (await store.all('diagnoses')).filter((each) => each.vun === vun);
  for (const { evseId, sealed } of own)
    if (await tried(door.bringDiagnosis(evseId, sealed))) await store.forget('diagnoses', evseId);
};

/** Fetches what is to be carried to the charger of a token. */
const fetchLoad = async (
  { store, about }: Purse,
  door: Door,
  token: KeptToken,
  nowMs: number,
): Promise<void> => {
  const { evseId, vun } = token;
  // What he has reserved there is for this phone.
  if (token.state === 'open' && ownSlots(about?.reservations ?? [], evseId, token).length > 0)
    await tried(door.showToken(bytesOfBase64Url(token.token)));
  const { load, members } = await door.fetch(evseId);
  await store.keep('loads', { evseId, vun, load, members, atMs: nowMs });
};

/** Hears where chargers are. @returns whether anything was heard */
const hearPlaces = async (
  { store, chargers }: Purse,
  gateways: Readonly<Record<string, string>>,
  nowMs: number,
): Promise<boolean> => {
  const known = new Map(chargers.map(({ vun, atMs }) => [vun, atMs]));
  const old = Object.entries(gateways).filter(
    ([vun]) => Math.abs(nowMs - (known.get(vun) ?? 0)) > PLACES_WITHIN_MS,
  );
  const heard = await Promise.allSettled(
    old.map(async ([vun, url]) => store.keep('places', await fetchPlaces(url, vun))),
  );
  return heard.some(({ status }) => status === 'fulfilled');
};

/**
 * Brings what is carried, and fetches what the utilities of the tokens' chargers have to say. A utility that does not answer is asked the next
 * time.
 * @returns how many records were brought, and whether it was heard where chargers are
 */
export const carry = async (
  purse: Purse,
  gateways: Readonly<Record<string, string>>,
  nowMs: number,
): Promise<{ readonly brought: number; readonly isPlaced: boolean }> => {
  const placing = hearPlaces(purse, gateways, nowMs);
  const { store } = purse;
  const [records, loads] = await Promise.all([store.all('records'), store.all('loads')]);
  const isFresh = (evseId: string): boolean =>
    loads.some((each) => each.evseId === evseId && Math.abs(nowMs - each.atMs) < LOAD_WITHIN_MS);
  const brought = await Promise.allSettled(
    Object.entries(gateways).map(async ([vun, gatewayUrl]) => {
      const door = doorOf(gatewayUrl);
      const theirs = records.filter((each) => each.vun === vun);
      const count = theirs.length === 0 ? 0 : await bring(purse, door, theirs);
      await bringDiagnoses(purse, door, vun);
      const open = purse.tokens.filter((each) => each.vun === vun && each.untilMs > nowMs);
      for (const token of open)
        if (count > 0 || !isFresh(token.evseId)) await fetchLoad(purse, door, token, nowMs);
      return count;
    }),
  );
  const isPlaced = await placing;
  await purse.load();
  const count = brought.reduce((sum, each) => sum + (each.status === 'fulfilled' ? each.value : 0), 0);
  return { brought: count, isPlaced };
};
