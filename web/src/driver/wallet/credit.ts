import type { Result } from '@roamgrid/domain';
import {
  CreditLedger,
  decodeCbor,
  readChargeToken,
  syncCredit,
  type ChargeToken,
  type CreditBalance,
  type CreditError,
  type CreditHome,
  type CreditStore,
  type SaidAtStop,
} from '@roamgrid/offline';
import { WEB_SUITE } from '@roamgrid/offline/web';
import type { phoneCreditAnswer, phoneCreditStanding } from '@roamgrid/wire';
import type { z } from 'zod';
import { base64UrlOf, bytesOfBase64Url } from '../../shared/hash.ts';
import type { Ask } from '../sign-in.ts';
import { askHome } from './calls.ts';
import type { KeptSession, KeptToken, Means } from './kept.ts';
import { holderOf } from './phone-key.ts';
import type { KeptKey, WalletStore } from './store.ts';

/** The credit of this phone: what is put aside before a charger starts, spent by its word, and told home (SECURE-5; docs/offline/credit.md). */

const MS_PER_S = 1_000;

/** Where the entries of one phone's key are kept. */
const entriesOf = (store: WalletStore, phoneId: string): CreditStore => ({
  all: async () =>
    (await store.all('credit'))
      .filter((each) => each.phoneId === phoneId)
      .sort((a, b) => a.seq - b.seq)
      .map(({ bytes }) => bytes),
  add: (seq, bytes) => store.add('credit', { entryId: `${phoneId} ${seq}`, phoneId, seq, bytes }),
});

/** What a charger reads of a token. */
const claimsOf = ({ token }: KeptToken): ChargeToken | undefined => {
  const read = decodeCbor(bytesOfBase64Url(token));
  const payload: unknown = read.ok && Array.isArray(read.value) ? read.value[2] : undefined;
  const claims = payload instanceof Uint8Array ? readChargeToken(payload) : undefined;
  return claims?.ok === true ? claims.value : undefined;
};

type Standing = Pick<z.input<typeof phoneCreditAnswer>, 'challenge' | 'seq'>;
const standingOf = ({ challenge, seq }: Standing) => ({ challenge: bytesOfBase64Url(challenge), seq });

export class WalletCredit {
  readonly #ledger: CreditLedger;
  readonly phoneId: string;

  private constructor(ledger: CreditLedger, phoneId: string) {
    this.#ledger = ledger;
    this.phoneId = phoneId;
  }

  /** @throws Error CREDIT_DAMAGED when the browser's storage changed an entry */
  static async open(store: WalletStore, kept: KeptKey, nowMs: () => number): Promise<WalletCredit> {
    const { signer, key } = await holderOf(kept);
    const nowS = () => Math.floor(nowMs() / MS_PER_S);
    const options = { suite: WEB_SUITE, store: entriesOf(store, kept.phoneId), holder: signer, key, nowS };
    return new WalletCredit(await CreditLedger.open(options), kept.phoneId);
  }

  balance(currency: string): CreditBalance {
    return this.#ledger.balance(currency);
  }

  /** Reads what another page of this phone wrote. */
  reload(): Promise<void> {
    return this.#ledger.reload();
  }

  /**
   * Writes down tokens that are not yet: one by which something was started before there was a ledger is left out. No token asks for more to be left
   * than it had.
   */
  async grant(
    tokens: readonly KeptToken[],
    sessions: readonly KeptSession[],
    means: Means | undefined,
  ): Promise<void> {
    const used = new Set(sessions.map(({ tokenId }) => tokenId));
    const fresh = tokens.filter(
      ({ tokenId, state }) => state === 'open' && !used.has(tokenId) && !this.#ledger.tokens.has(tokenId),
    );
    for (const { token, currency, costMicros } of fresh) {
      const [cost, low] = [BigInt(costMicros), means?.currency === currency ? BigInt(means.lowMicros) : 0n];
      // A token of another key of this phone is refused, and stays out.
      await this.#ledger.grant(bytesOfBase64Url(token), low < cost ? low : cost);
    }
  }

  /**
   * Puts aside what a session may come to. Of a start whose answer was lost it is put aside already.
   * @returns the reservation; `isNew` when it is of this start; nothing for a token that is not in the ledger
   */
  async reserve(
    token: KeptToken,
    energyWh: bigint,
  ): Promise<Result<{ readonly reservation: number; readonly isNew: boolean } | undefined, CreditError>> {
    const { tokenId, evseId } = token;
    const claims = claimsOf(token);
    if (claims === undefined || !this.#ledger.tokens.has(tokenId)) return { ok: true, value: undefined };
    const waits = this.#waiting(token);
    if (waits !== undefined) return { ok: true, value: { reservation: waits, isNew: false } };
    const reserved = await this.#ledger.reserve({ token: claims, evseId, energyWh });
    return reserved.ok ? { ok: true, value: { reservation: reserved.value, isNew: true } } : reserved;
  }

  /** The charger refused: nothing flows. */
  async release(reservation: number): Promise<void> {
    await this.#ledger.release(reservation);
  }

  /** What the charger says that the session by a token came to. Said again it changes nothing. */
  async debit(token: KeptToken, { number, energyWh, costMicros }: SaidAtStop): Promise<void> {
    const reservation = this.#waiting(token);
    if (reservation !== undefined)
      await this.#ledger.debit(reservation, { number, energyWh, micros: costMicros });
  }

  /** What is put aside for a session by the token at its outlet, of which no charger has said what it came to. */
  #waiting({ tokenId, evseId }: KeptToken): number | undefined {
    return this.#ledger.reservations.find((each) => each.tokenId === tokenId && each.evseId === evseId)?.seq;
  }

  /** Tells home, and hears what is billed. @throws Troubled, SignedOut or Error with what home refuses it for */
  async sync(ask: Ask): Promise<void> {
    // Before its first token home does not know this phone.
    if (this.#ledger.head.seq === 0) return;
    const path = `/driver/v1/offline/phones/${this.phoneId}/credit`;
    const asked = await askHome<z.input<typeof phoneCreditStanding>>(ask, path);
    const home: CreditHome = {
      standing: () => Promise.resolve(standingOf(asked)),
      tell: async ({ head, entries }) => {
        const body = { head: base64UrlOf(head), entries: entries.map(base64UrlOf) };
        const told = await askHome<z.input<typeof phoneCreditAnswer>>(ask, path, 'POST', body);
        return { ack: bytesOfBase64Url(told.ack), ...standingOf(told) };
      },
    };
    const issuers = asked.home.map(({ utilityId, kid, key: { x, y }, fromS, untilS }) => ({
      ...{ utilityId, kid: bytesOfBase64Url(kid), fromS, untilS, revocationEpoch: 0 },
      key: { x: bytesOfBase64Url(x), y: bytesOfBase64Url(y) },
    }));
    const members = { version: 0, madeAtS: 0, issuers };
    const taken = await syncCredit(this.#ledger, home, { members, suite: WEB_SUITE });
    if (!taken.ok) throw new Error(`${taken.error.code}: ${taken.error.message}`);
  }
}
