import type { carriedAnswer, carriedRecords, carriedWords, timeAnswer, timeQuestion } from '@roamgrid/wire';
import type { z } from 'zod';
import { base64UrlOf, bytesOfBase64Url } from '../../shared/hash.ts';
import { readJson } from '../../shared/load.ts';
import type { KeptRecord, KeptWords } from './kept.ts';

/** What a phone fetches from the utility of a charger and brings to it. Nobody has to sign in: what is said is signed or sealed by itself. */

type Words = z.input<typeof carriedWords>;
type Brought = z.input<typeof carriedAnswer>;
/** Records in one request. Spec: `CARRIED_RECORDS` of the wire, of which pages load no code. */
const AT_ONCE = 20;

const ask = async <T>(gatewayUrl: string, path: string, body?: object): Promise<T> => {
  const url = new URL(`/offline/v1/${path}`, gatewayUrl);
  const told =
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return readJson<T>(await fetch(url, told), url.host);
};

/** The utility's words for its chargers, with what is known of the outlets that were named before. */
export const fetchWords = async (
  gatewayUrl: string,
  vun: string,
  evseIds: readonly string[],
  nowMs: number,
): Promise<KeptWords> => {
  const said = await Promise.all(
    evseIds.map(async (evseId) => {
      const query = new URLSearchParams({ evseId }).toString();
      return [evseId, await ask<Words>(gatewayUrl, `carried?${query}`)] as const;
    }),
  );
  const [, first] = said[0] ?? [undefined, await ask<Words>(gatewayUrl, 'carried')];
  return {
    vun,
    issuers: first.issuers.list,
    members: first.members.map(({ utilityId, kid, key: { x, y }, fromS, untilS }) => ({
      ...{ utilityId, kid, x, y, fromS, untilS },
    })),
    receipts: Object.fromEntries(
      said.flatMap(([evseId, { receipt }]) => (receipt === undefined ? [] : [[evseId, receipt]])),
    ),
    atMs: nowMs,
  };
};

/** What became of records that were brought, in their order. `leaves`: what home signed beside own tokens for these chargers, the latest first. */
export const bringRecords = async (
  gatewayUrl: string,
  records: readonly KeptRecord[],
  leaves: readonly string[],
): Promise<Brought> => {
  const told: z.input<typeof carriedRecords> = {
    records: records
      .slice(0, AT_ONCE)
      .map(({ evseId, number, sealed }) => ({ evseId, number, sealed: base64UrlOf(sealed) })),
    leaves: leaves.slice(0, AT_ONCE),
  };
  return ask<Brought>(gatewayUrl, 'records', told);
};

/** What time it is, for the challenge that a charger just showed. */
export const askTime = async (
  gatewayUrl: string,
  question: z.input<typeof timeQuestion>,
): Promise<Uint8Array> =>
  bytesOfBase64Url((await ask<z.input<typeof timeAnswer>>(gatewayUrl, 'time', question)).word);
