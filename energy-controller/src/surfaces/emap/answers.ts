import type { Proven } from './proof.ts';

/** What a request is answered. Spec: RFC 7252 §12.1.2, response codes. */
export interface CoapAnswer {
  readonly code: '2.04' | '2.05' | '4.00' | '4.01' | '4.03' | '4.04' | '4.05' | '4.09' | '5.00';
  readonly body?: object;
}

/** How long a request may come again. Spec: RFC 7252 §4.8.2, EXCHANGE_LIFETIME. */
const LIFETIME_MS = 247_000;
const MOST = 1_000;

/**
 * One answer for one request, however often it comes: a copy that arrives while the first is still being worked on waits for the same
 * answer. The package itself knows copies only once they are answered, and blocks only by a token that clients may change.
 */
export class Answers {
  readonly #known = new Map<string, { readonly answer: Promise<CoapAnswer>; readonly untilMs: number }>();
  readonly #lastSeq = new Map<string, number>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @param work done once; a request that is older than another one of its peer is not done. */
  answer({ peer, seq, mac }: Proven, work: () => Promise<CoapAnswer>): Promise<CoapAnswer> {
    const known = this.#known.get(mac);
    if (known !== undefined) return known.answer;
    if (seq <= (this.#lastSeq.get(peer.peerId) ?? 0))
      return Promise.resolve({
        code: '4.01',
        body: { error: 'seq is not higher than that of the request before' },
      });
    this.#lastSeq.set(peer.peerId, seq);
    for (const [old, { untilMs }] of this.#known) {
      if (untilMs > this.#nowMs() && this.#known.size < MOST) break;
      this.#known.delete(old);
    }
    const answer = work();
    this.#known.set(mac, { answer, untilMs: this.#nowMs() + LIFETIME_MS });
    return answer;
  }
}
