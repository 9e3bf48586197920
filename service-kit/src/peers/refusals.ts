import type { Logger } from '../log/logger.ts';

export type PeerRefusalCode =
  'CERTIFICATE_UNTRUSTED' | 'CERTIFICATE_MISSING' | 'PEER_UNKNOWN' | 'PEER_OF_ANOTHER';

export interface PeerRefusal {
  readonly code: PeerRefusalCode;
  /** Which side of the connection refused. */
  readonly side: 'serving' | 'asking';
  /** The address that it came from or was asked at, without a port. */
  readonly address: string;
  /** Whom the certificate names, as far as it could be read. */
  readonly shown?: string;
  /** What the TLS library says, such as `CERT_HAS_EXPIRED`. */
  readonly reason?: string;
}

/** Refusals that are remembered so as not to be logged again. */
const MOST_REMEMBERED = 1_000;
/** After which one is worth a line again. */
const AGAIN_AFTER_MS = 3_600_000;

/** Logs each refusal once an hour: somebody who knocks all the time writes no more than who knocks once. */
export const createRefusalLog = (
  log: Logger,
  nowMs: () => number = Date.now,
): ((refusal: PeerRefusal) => void) => {
  const loggedMs = new Map<string, number>();
  return (refusal) => {
    const key = JSON.stringify(refusal);
    const now = nowMs();
    const before = loggedMs.get(key);
    if (before !== undefined && now - before < AGAIN_AFTER_MS) return;
    loggedMs.delete(key);
    loggedMs.set(key, now);
    const [oldest] = loggedMs.keys();
    if (loggedMs.size > MOST_REMEMBERED && oldest !== undefined) loggedMs.delete(oldest);
    log.warn({ ...refusal }, 'a peer was refused by its certificate');
  };
};
