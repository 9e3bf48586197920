import { X509Certificate } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';
import { Agent, fetch as fetchByAgent, type RequestInit as AgentRequest } from 'undici';
import type { z } from 'zod';
import { call, type Call, type CallResult } from '../client/http-client.ts';
import { isSamePeer, peerName, peerOf, type Peer } from './identity.ts';
import type { PeerRefusal } from './refusals.ts';
import type { PeerIdentity } from './serve-peers.ts';

export interface PeerClientOptions {
  readonly identity: PeerIdentity;
  /** Who has to answer at the address, whatever name or port it is reached under. */
  readonly peer: Peer;
  /** Origin. */
  readonly url: string;
  readonly onRefused: (refusal: PeerRefusal) => void;
}

export type PeerRequest<T extends z.ZodType> = Omit<Call<T>, 'url' | 'through'> & { readonly path: string };

/** Asks one peer, and nobody who is not it. */
export interface PeerClient {
  readonly peer: Peer;
  ask<T extends z.ZodType>(request: PeerRequest<T>): Promise<CallResult<z.output<T>>>;
  close(): Promise<void>;
}

const CONNECT_MS = 5_000;

/** What node's TLS says of a certificate that it does not trust. */
const UNTRUSTED = /^(?:CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS_|INVALID_)/;

const codeIn = (thrown: unknown): string | undefined => {
  for (let at = thrown; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
};

/** Error of the check below, as it comes back out of the connection. */
class AnotherPeer extends Error {
  readonly code = 'PEER_OF_ANOTHER';
}

export const createPeerClient = ({ identity, peer, url, onRefused }: PeerClientOptions): PeerClient => {
  const address = new URL(url).hostname;
  const checkServerIdentity = (_host: string, { raw }: PeerCertificate): Error | undefined => {
    const found = peerOf(new X509Certificate(raw));
    if (found !== undefined && isSamePeer(found, peer)) return undefined;
    const shown = found === undefined ? {} : { shown: peerName(found) };
    onRefused({ code: 'PEER_OF_ANOTHER', side: 'asking', address, ...shown });
    return new AnotherPeer(`${peerName(peer)} was expected at ${url}`);
  };
  const agent = new Agent({
    connect: {
      key: identity.key,
      cert: identity.cert,
      ca: identity.authority,
      minVersion: 'TLSv1.3',
      timeout: CONNECT_MS,
      // A session that is taken up again would not be judged again.
      maxCachedSessions: 0,
      checkServerIdentity,
    },
  });
  const through = async (to: string, options: RequestInit): Promise<Response> => {
    try {
      return await fetchByAgent(to, { ...(options as unknown as AgentRequest), dispatcher: agent });
    } catch (thrown) {
      const code = codeIn(thrown);
      if (code !== undefined && UNTRUSTED.test(code)) {
        onRefused({ code: 'CERTIFICATE_UNTRUSTED', side: 'asking', address, reason: code });
      }
      throw thrown;
    }
  };
  return {
    peer,
    ask: ({ path, ...request }) => call({ ...request, url: `${url}${path}`, through }),
    close: () => agent.destroy(),
  };
};
