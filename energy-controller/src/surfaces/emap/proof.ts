import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/**
 * How a peer on a house's network proves a request. The package has no DTLS: requests are authenticated, and not hidden. In the query:
 * `from`, `seq` (ms since the epoch, higher with each request), `digest` (SHA-256 of the body, base64url; absent without one) and `mac`,
 * HMAC-SHA-256 by the peer's key over the lines method, path, from, seq and digest.
 */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

export const emapPeer = z.strictObject({
  peerId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/),
  /** 32 random bytes in base64url. */
  key: z.string().regex(/^[\w-]{43}$/),
  /** Whether it tells prices and events, or reads alone. */
  may: z.enum(['read', 'tell']),
});
export type EmapPeer = z.output<typeof emapPeer>;

/** How far the clocks of a peer and the house may differ, ms. */
const SKEW_MS = 120_000;

const named = z.object({
  from: z.string(),
  seq: z.string().regex(/^\d{1,15}$/),
  digest: z.string().optional(),
  mac: z.string(),
});

export interface Proven {
  readonly peer: EmapPeer;
  readonly seq: number;
  readonly digest: string | undefined;
  /** Tells one request from another, however often it is sent. */
  readonly mac: string;
}

export const digestOf = (body: Uint8Array): string => createHash('sha256').update(body).digest('base64url');

/** The query of a request that a peer proves. */
export const proofOf = (
  { peerId, key }: Pick<EmapPeer, 'peerId' | 'key'>,
  { method, path, seq, body }: { method: string; path: string; seq: number; body?: Uint8Array },
): string => {
  const digest = body === undefined ? undefined : digestOf(body);
  const mac = macOf(key, [method, path, peerId, String(seq), digest ?? '']);
  return new URLSearchParams({
    ...{ from: peerId, seq: String(seq) },
    ...(digest !== undefined && { digest }),
    mac,
  }).toString();
};

const macOf = (key: string, lines: readonly string[]): string =>
  createHmac('sha256', Buffer.from(key, 'base64url')).update(lines.join('\n')).digest('base64url');

/** Who asked; undefined when nobody known did, or too long ago. */
export const provenBy = (
  { method, path, query }: Asked,
  peers: readonly EmapPeer[],
  nowMs: number,
): Proven | undefined => {
  const said = named.safeParse(Object.fromEntries(query));
  if (!said.success) return undefined;
  const { from, seq, digest, mac } = said.data;
  const peer = peers.find(({ peerId }) => peerId === from);
  if (peer === undefined || Math.abs(Number(seq) - nowMs) > SKEW_MS) return undefined;
  const expected = Buffer.from(macOf(peer.key, [method, path, from, seq, digest ?? '']));
  const given = Buffer.from(mac);
  return expected.length === given.length && timingSafeEqual(expected, given)
    ? { peer, seq: Number(seq), digest, mac }
    : undefined;
};
