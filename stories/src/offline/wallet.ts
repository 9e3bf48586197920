import { offlineOffer, offlineTokenAnswer, offlineTokens, type OfflineOffer } from '@roamgrid/wire';
import { CAR_PARK, EVSE_ID, type OfflineStage } from './stage.ts';
import { CustomerPhone } from './customer-phone.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** A customer's wallet, as the app on a phone of his asks for it. */
export class Wallet {
  readonly phone: CustomerPhone;
  readonly #stage: OfflineStage;
  readonly #cinRef: string;
  #asks = 0;

  constructor(phone: CustomerPhone, stage: OfflineStage, cinRef: string) {
    this.phone = phone;
    this.#stage = stage;
    this.#cinRef = cinRef;
  }

  price(changes: Record<string, unknown> = {}): Promise<OfflineOffer> {
    // A charger's clock may be a little behind.
    const fromMs = Math.floor(this.#stage.nowMs() / SECOND_MS) * SECOND_MS - MINUTE_MS;
    const wish = {
      requestId: `ask-${(this.#asks += 1)}`,
      cinRef: this.#cinRef,
      vun: CAR_PARK.utilityId,
      audience: { kind: 'outlet', evseId: EVSE_ID },
      fromMs,
      untilMs: fromMs + 3 * HOUR_MS,
      energyWh: '6850',
      ...changes,
    };
    return this.phone.ask('POST', '/driver/v1/offline/quotes', wish, offlineOffer);
  }

  async agree(offer: OfflineOffer, costMicros: bigint, changes: Record<string, unknown> = {}) {
    const request = {
      requestId: offer.quoteId,
      quoteId: offer.quoteId,
      phoneId: this.phone.phoneId,
      consent: await this.phone.consent(
        offer.signedQuote,
        costMicros,
        this.#stage.channel,
        this.#stage.nowMs(),
      ),
      ...changes,
    };
    return this.phone.ask('POST', '/driver/v1/offline/tokens', request, offlineTokenAnswer);
  }

  list() {
    return this.phone.ask('GET', '/driver/v1/offline/tokens', undefined, offlineTokens);
  }
}

/** A new customer with a phone that is registered. */
export const openWallet = async (stage: OfflineStage, login: string, creditLimitMicros: bigint) => {
  const customer = await stage.customer(login, creditLimitMicros);
  const phone = await CustomerPhone.make(`${login}-1`, stage.origin, customer.prove);
  await phone.register();
  return { customer, phone, wallet: new Wallet(phone, stage, customer.cinRef) };
};
