import {
  carry,
  holdFor,
  Purse,
  simulatedRadio,
  type KeptToken,
  type PhoneParts,
  type Tapped,
  type Wish,
} from '@roamgrid/web/wallet';
import { WebSocket } from 'ws';
import { SlowLegs } from '../slow-legs.ts';
import type { OfflineCustomer, OfflineStage } from '../stage.ts';
import type { Garage } from './garage.ts';
import { PhoneStore } from './phone-store.ts';
import type { StoryTime } from './story-time.ts';

/** Where the phone finds what it asks: past its own network, which can be off. */
interface Addresses {
  readonly node: string;
  readonly homeGateway: string;
  readonly gateways: Readonly<Record<string, string>>;
}

interface Parts {
  readonly network: SlowLegs;
  readonly addresses: Addresses;
  readonly customer: OfflineCustomer;
  readonly stage: OfflineStage;
  readonly time: StoryTime;
  readonly garage: Garage;
}

/** The driver's app without its page: the wallet that a browser runs, on a phone whose network is on or off. */
export class AppPhone {
  readonly #parts: Parts;
  readonly #phone: PhoneParts;
  purse: Purse;

  private constructor(parts: Parts, phone: PhoneParts, purse: Purse) {
    this.#parts = parts;
    this.#phone = phone;
    this.purse = purse;
  }

  static async open(
    stage: OfflineStage,
    time: StoryTime,
    garage: Garage,
    customer: OfflineCustomer,
  ): Promise<AppPhone> {
    const network = new SlowLegs(0, () => true);
    const through = async (url: string): Promise<string> => {
      const port = await network.port('phone', Number(new URL(url).port));
      return `http://127.0.0.1:${port}`;
    };
    const { alabama, duke, origin } = stage;
    const addresses: Addresses = {
      node: await through(origin),
      homeGateway: await through(alabama.gateway.url),
      gateways: { [duke.definition.utilityId]: await through(duke.gateway.url) },
    };
    const phone = {
      ...{ store: new PhoneStore(), nowMs: time.nowMs, homeGatewayUrl: addresses.homeGateway },
    };
    const parts = { network, addresses, customer, stage, time, garage };
    const app = new AppPhone(parts, phone, await Purse.open(undefined, phone));
    await app.signIn();
    return app;
  }

  /** The app is opened anew, and its driver signs in. */
  async signIn(): Promise<void> {
    const { addresses, customer, stage } = this.#parts;
    const ask = async (path: string, method = 'GET', body?: unknown): Promise<Response> => {
      const headers = await customer.prove(method, new URL(path, stage.origin));
      const told =
        body === undefined
          ? { headers }
          : { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
      return fetch(new URL(path, addresses.node), { method, ...told });
    };
    this.purse = await Purse.open({ sub: customer.customerId, ask }, this.#phone);
    await this.hear();
  }

  /** Asks home, brings what is carried and fetches what is to be. */
  async hear(): Promise<void> {
    await carry(this.purse, this.#parts.addresses.gateways, this.#phone.nowMs());
    await this.purse.refresh(this.#phone.nowMs());
  }

  /** Its network is off, and the app is opened anew. @returns which of those whom it asks still answer */
  async goUnderground(): Promise<readonly string[]> {
    const { network, addresses } = this.#parts;
    network.cut();
    this.purse = await Purse.open(undefined, this.#phone);
    const asked = { node: addresses.node, homeGateway: addresses.homeGateway, ...addresses.gateways };
    const answers = await Promise.all(
      Object.entries(asked).map(async ([name, url]) =>
        fetch(url).then(
          () => [name],
          () => [],
        ),
      ),
    );
    return answers.flat();
  }

  comeBack(): Promise<void> {
    this.#parts.network.mend();
    return this.signIn();
  }

  token(tokenId: string): KeptToken {
    const token = this.purse.tokens.find((each) => each.tokenId === tokenId);
    if (token === undefined) throw new Error(`the phone has no token ${tokenId}`);
    return token;
  }

  /** Is held to the charger. @returns `done`, or why not */
  async tap(tokenId: string, wish: Wish): Promise<string> {
    const { garage } = this.#parts;
    const radio = simulatedRadio({ [garage.evseId]: garage.radioUrl }, (url) => new WebSocket(url));
    const there = { radio, gatewayUrl: undefined };
    const tapped: Tapped = await holdFor(this.purse, this.token(tokenId), wish, there);
    await this.purse.load();
    return tapped.said === 'no' ? tapped.why.code : tapped.isWhole ? 'done' : 'torn';
  }

  close(): void {
    this.#parts.network.close();
  }
}
