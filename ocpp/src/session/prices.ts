import type { Tariff } from '@roamgrid/domain';
import { GatewayRefusal, GatewayUnreachable } from '@roamgrid/station-kit';
import { LastUsed, readTariffJson } from '@roamgrid/wire';
import type { DriverPrice } from '../model/driver-price.ts';
import type { KeptOffer } from '../store/offers.ts';
import type { DeskContext, DeskStation } from './context.ts';

/** Published versions never change, and a utility quotes few at once. */
const TARIFFS_KEPT = 64;

/** What offers are priced by, for stations that take it. */
export class Prices {
  readonly #logger: DeskContext['logger'];
  readonly #tariffs = new LastUsed<string, Tariff>(TARIFFS_KEPT);

  constructor({ logger }: Pick<DeskContext, 'logger'>) {
    this.#logger = logger;
  }

  /** Undefined where the tariff does not say what is paid, because the grid moves it, and where the gateway does not tell it. */
  async of(
    { gateway }: Pick<DeskStation, 'gateway'>,
    { swipeId, offer }: Pick<KeptOffer, 'swipeId' | 'offer'>,
  ): Promise<DriverPrice | undefined> {
    const { tariffId, tariffVersion, adjustmentPpm, currency, zoneOffsets } = offer.quote;
    if (offer.adapts === true) return undefined;
    const key = `${tariffId} ${tariffVersion}`;
    const tariff = this.#tariffs.get(key) ?? (await this.#ask(gateway, swipeId));
    if (tariff === undefined) return undefined;
    this.#tariffs.set(key, tariff);
    return { tariff, adjustmentPpm, currency, zoneOffsets };
  }

  /** A driver who waits at a station is not kept waiting for more than a text. */
  async #ask(gateway: DeskStation['gateway'], swipeId: string): Promise<Tariff | undefined> {
    try {
      const read = readTariffJson((await gateway.tariff(swipeId)).tariffJson);
      if (read.ok) return read.value;
      this.#logger.warn({ swipeId, detail: read.error.message }, 'a tariff cannot be read');
    } catch (error) {
      if (!(error instanceof GatewayRefusal) && !(error instanceof GatewayUnreachable)) throw error;
      this.#logger.warn({ swipeId, err: error }, 'the gateway did not tell the tariff of an offer');
    }
    return undefined;
  }
}
