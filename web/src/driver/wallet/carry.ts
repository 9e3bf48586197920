import type { KeptRecord, RecordState } from './kept.ts';
import type { Purse } from './purse.ts';
import { bringRecords, fetchWords } from './visited.ts';

/** What a phone carries between chargers and their utilities, whenever it has a network: words there, records back. */

const isNews = (before: RecordState, state: RecordState): boolean => before !== state && before !== 'booked';

/** Hands a utility what was taken from its chargers. What it has, or never takes, is forgotten here. @returns how many */
const bring = async (
  { store, tokens }: Purse,
  gatewayUrl: string,
  records: readonly KeptRecord[],
): Promise<number> => {
  const outlets = new Set(records.map(({ evseId }) => evseId));
  const leaves = tokens
    .filter(({ evseId }) => outlets.has(evseId))
    .sort((a, b) => b.fromMs - a.fromMs)
    .map(({ signedLeave }) => signedLeave);
  const told = await bringRecords(gatewayUrl, records, leaves);
  for (const { evseId, number, state } of told.records) {
    const recordId = records.find((each) => each.evseId === evseId && each.number === number)?.recordId;
    if (recordId === undefined) continue;
    const session = await store.find('sessions', recordId);
    if (session !== undefined && isNews(session.record, state))
      await store.keep('sessions', { ...session, record: state });
    await store.forget('records', recordId);
  }
  return told.records.length;
};

/**
 * Brings what is carried, and fetches what the utilities of the tokens' chargers have to say. A utility that does not answer is asked the next
 * time.
 * @returns how many records were brought
 */
export const carry = async (
  purse: Purse,
  gateways: Readonly<Record<string, string>>,
  nowMs: number,
): Promise<number> => {
  const records = await purse.store.all('records');
  const open = purse.tokens.filter(({ untilMs }) => untilMs > nowMs);
  const utilities = new Set([...open, ...records].map(({ vun }) => vun));
  const brought = await Promise.allSettled(
    [...utilities].map(async (vun) => {
      const gatewayUrl = gateways[vun];
      if (gatewayUrl === undefined) return 0;
      const theirs = records.filter((each) => each.vun === vun);
      const count = theirs.length === 0 ? 0 : await bring(purse, gatewayUrl, theirs);
      const outlets = new Set(open.filter((each) => each.vun === vun).map(({ evseId }) => evseId));
      if (outlets.size > 0)
        await purse.store.keep('words', await fetchWords(gatewayUrl, vun, [...outlets], nowMs));
      return count;
    }),
  );
  await purse.load();
  return brought.reduce((sum, each) => sum + (each.status === 'fulfilled' ? each.value : 0), 0);
};
