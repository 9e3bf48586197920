import { unwrap } from '@roamgrid/domain';
import {
  base64urlOf,
  bytesOfBase64url,
  LinkLost,
  CreditLedger,
  decodeCbor,
  readChargeToken,
  syncCredit,
  type ChargeToken,
  type CreditHome,
  type CreditStore,
  type SessionSaid,
} from '@roamgrid/offline';
import { WEB_SUITE } from '@roamgrid/offline/web';
import { phoneCreditAnswer, phoneCreditStanding, type OfflineToken } from '@roamgrid/wire';
import type { CustomerPhone } from './customer-phone.ts';
import { EVSE_ID } from './stage.ts';

/** What a charger reads of a token. */
const claimsOf = ({ token }: OfflineToken): ChargeToken => {
  const [, , payload] = unwrap(decodeCbor(bytesOfBase64url(token))) as readonly Uint8Array[];
  return unwrap(readChargeToken(payload ?? new Uint8Array()));
};

/** Where its owner charges and stops. */
interface Charges {
  charge(token: OfflineToken, phone: CustomerPhone, energyWh: bigint): Promise<SessionSaid>;
}

/** A phone with its credit, or a copy of it. */
export class CreditPhone {
  readonly phone: CustomerPhone;
  readonly ledger: CreditLedger;
  readonly #entries: Uint8Array[];

  private constructor(phone: CustomerPhone, ledger: CreditLedger, entries: Uint8Array[]) {
    this.phone = phone;
    this.ledger = ledger;
    this.#entries = entries;
  }

  static async open(phone: CustomerPhone, entries: Uint8Array[] = []): Promise<CreditPhone> {
    const store: CreditStore = {
      all: () => Promise.resolve([...entries]),
      add: (seq, entry) => Promise.resolve(seq === entries.length + 1 && entries.push(entry) > 0),
    };
    const { signer, key } = phone.held;
    const nowS = () => Math.floor(Date.now() / 1_000);
    const ledger = await CreditLedger.open({ suite: WEB_SUITE, store, holder: signer, key, nowS });
    return new CreditPhone(phone, ledger, entries);
  }

  /** All that is on the phone, its key too, is on another. */
  copied(): Promise<CreditPhone> {
    return CreditPhone.open(this.phone, [...this.#entries]);
  }

  async got(token: OfflineToken, lowMicros: bigint): Promise<void> {
    unwrap(await this.ledger.grant(bytesOfBase64url(token.token), lowMicros));
  }

  /** Puts aside what it may cost, charges, and writes down what the charger said. @throws what the ledger or the charger refuses it with */
  async charge(at: Charges, token: OfflineToken, energyWh: bigint): Promise<void> {
    const wish = { token: claimsOf(token), evseId: EVSE_ID, energyWh };
    const reserved = await this.ledger.reserve(wish);
    if (!reserved.ok) throw new Error(`${reserved.error.code}: ${reserved.error.message}`);
    const said = await at.charge(token, this.phone, energyWh).catch(async (thrown: unknown) => {
      // Whether a session began is not known where the contact was lost: what it may come to stays aside.
      if (!(thrown instanceof LinkLost)) await this.ledger.release(reserved.value);
      throw thrown;
    });
    unwrap(await this.ledger.debit(reserved.value, said));
  }

  /** Tells home. @throws what home refuses it with */
  async sync(): Promise<void> {
    const path = `/driver/v1/offline/phones/${this.phone.phoneId}/credit`;
    const asked = await this.phone.ask('GET', path, undefined, phoneCreditStanding);
    const standing = ({ challenge, seq }: { challenge: string; seq: number }) => ({
      ...{ challenge: bytesOfBase64url(challenge), seq },
    });
    const home: CreditHome = {
      standing: () => Promise.resolve(standing(asked)),
      tell: async ({ head, entries }) => {
        const body = { head: base64urlOf(head), entries: entries.map(base64urlOf) };
        const told = await this.phone.ask('POST', path, body, phoneCreditAnswer);
        return { ack: bytesOfBase64url(told.ack), ...standing(told) };
      },
    };
    const issuers = asked.home.map(({ utilityId, kid, key, fromS, untilS }) => ({
      ...{
        utilityId,
        kid: bytesOfBase64url(kid),
        key: { x: bytesOfBase64url(key.x), y: bytesOfBase64url(key.y) },
        fromS,
        untilS,
      },
      revocationEpoch: 0,
    }));
    const members = { version: 0, madeAtS: 0, issuers };
    unwrap(await syncCredit(this.ledger, home, { members, suite: WEB_SUITE }));
  }
}
