import { hexOf } from '../cbor/bytes.ts';
import { signCreditAck, type BilledSession } from '../phone/credit-ack.ts';
import { openCreditHead, startOf, verifyCredit, type CreditHead } from '../phone/credit-chain.ts';
import { CreditLedger, type CreditStore } from '../phone/credit-ledger.ts';
import type { CreditHome, CreditStanding } from '../phone/credit-sync.ts';
import { NODE_SUITE } from '../suite/node-suite.ts';
import { issueChargeToken, type ChargeToken } from '../token/charge-token.ts';
import { HOME, NOW_S, PHONE, TOKEN } from './consortium.ts';

/** A phone stopped, before what it was writing was on the disk or after it. */
export class PhoneStopped extends Error {
  override readonly name = 'PhoneStopped';
}

/** What a phone keeps, through every stop. */
export class KeptEntries implements CreditStore {
  readonly entries: Uint8Array[];
  /** At the next write. */
  stop: 'before' | 'after' | undefined;

  constructor(entries: readonly Uint8Array[] = []) {
    this.entries = [...entries];
  }

  all(): Promise<readonly Uint8Array[]> {
    return Promise.resolve([...this.entries]);
  }

  add(seq: number, entry: Uint8Array): Promise<boolean> {
    const { stop } = this;
    this.stop = undefined;
    const isFree = seq === this.entries.length + 1;
    if (isFree && stop !== 'before') this.entries.push(entry);
    return stop === undefined ? Promise.resolve(isFree) : Promise.reject(new PhoneStopped(`${stop} ${seq}`));
  }
}

export const openLedger = (store: CreditStore, nowS: () => number = () => NOW_S): Promise<CreditLedger> =>
  CreditLedger.open({ suite: NODE_SUITE, store, holder: PHONE.signer, key: PHONE.key, nowS });

/** Tokens of the phone, by the price and hours of the consortium's. */
export const newToken = async (costMicros: bigint, sessions = 20, changes: Partial<ChargeToken> = {}) => {
  const tokenId = NODE_SUITE.random(16);
  const limits = { energyWh: 1_000_000n, costMicros, sessions };
  const token: ChargeToken = { ...TOKEN, tokenId, limits, ...changes };
  return { token, name: hexOf(tokenId), bytes: await issueChargeToken(token, HOME.signer) };
};

/** Home's side of the ledger in few words: it has the chain, and says what is booked and closed. */
export class CreditDesk implements CreditHome {
  readonly booked: BilledSession[] = [];
  readonly closed = new Set<string>();
  head: CreditHead | undefined;
  #number = 0;
  #challenge = NODE_SUITE.random(16);

  async #at(): Promise<CreditHead> {
    return (this.head ??= await startOf(PHONE.key, NODE_SUITE));
  }

  async standing(): Promise<CreditStanding> {
    const { seq } = await this.#at();
    return { challenge: this.#challenge, seq };
  }

  async tell({ head, entries }: { head: Uint8Array; entries: readonly Uint8Array[] }) {
    const by = { suite: NODE_SUITE, key: PHONE.key };
    const stated = await openCreditHead(head, PHONE.key, NODE_SUITE);
    const gone = await verifyCredit(await this.#at(), entries, by);
    if (!stated.ok || !gone.ok) throw new Error(JSON.stringify([stated, gone.ok || gone.error]));
    this.head = gone.value;
    this.#challenge = NODE_SUITE.random(16);
    return { ack: await this.ack(gone.value), ...(await this.standing()) };
  }

  /** What the chain does not have yet of what is booked and closed. */
  ack({ seq, hash, book }: CreditHead, signer = HOME.signer): Promise<Uint8Array> {
    const told = ({ tokenId, evseId, number }: BilledSession) =>
      book.tokens.get(tokenId)?.billed.get(`${evseId} ${number}`);
    const known = this.booked.filter(({ tokenId }) => book.tokens.has(tokenId));
    const sessions = known.filter((one) => told(one) === undefined);
    const revised = known.filter((one) => (told(one) ?? one.micros) !== one.micros);
    const closed = [...this.closed].filter((id) => book.tokens.get(id)?.isClosed === false);
    const said = {
      ...{ sessions: sessions.slice(0, 20), revised: revised.slice(0, 20), closed: closed.slice(0, 20) },
    };
    this.#number += 1;
    return signCreditAck(
      { home: TOKEN.issuer, number: this.#number, atS: NOW_S, seq, head: hash, ...said },
      signer,
    );
  }
}
