import { utilityDoor } from '@roamgrid/offline';
import type { offlineChargers, timeAnswer, timeQuestion } from '@roamgrid/wire';
import type { z } from 'zod';
import { bytesOfBase64Url } from '../../shared/hash.ts';
import { readJson } from '../../shared/load.ts';
import type { KeptPlaces } from './kept.ts';

/** What a phone fetches from the utility of a charger and brings to it. Nobody has to sign in: what is said is signed or sealed by itself. */

const ask = async <T>(
  gatewayUrl: string,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<T> => {
  const url = new URL(path, gatewayUrl);
  const told =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(url, { method, ...told });
  return response.status === 204 ? (undefined as T) : readJson<T>(response, url.host);
};

/** The door for phones of the utility whose gateway it is. */
export const doorOf = (gatewayUrl: string) =>
  utilityDoor((method, path, body) => ask(gatewayUrl, method, path, body));

/** Where the utility's chargers without network are. */
export const fetchPlaces = async (gatewayUrl: string, vun: string): Promise<KeptPlaces> => {
  const { atMs, stations } = await ask<z.input<typeof offlineChargers>>(
    gatewayUrl,
    'GET',
    '/offline/v1/chargers',
  );
  return { vun, stations, atMs };
};

/** What time it is, for the challenge that a charger just showed. */
export const askTime = async (
  gatewayUrl: string,
  question: z.input<typeof timeQuestion>,
): Promise<Uint8Array> => {
  const told = await ask<z.input<typeof timeAnswer>>(gatewayUrl, 'POST', '/offline/v1/time', question);
  return bytesOfBase64Url(told.word);
};
