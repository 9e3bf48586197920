import {
  bytesOfBase64url,
  utilityDoor,
  visit,
  type Ask,
  type Carried,
  type ChargerLoad,
  type Contact,
  type Visited,
} from '@roamgrid/offline';
import { NODE_SUITE, signerOf } from '@roamgrid/offline/node';
import { newKeys, Park } from '@roamgrid/offline/testing';
import { chargerCertificate } from '@roamgrid/wire';
import { unwrap } from '@roamgrid/domain';
import { testNow } from './clock.ts';
import type { TestSite } from './consortium.ts';
import type { GatewayRig, TestGateway } from './gateway-rig.ts';
import { PHONE_KEY, tokenOf } from './offline-records.ts';

const MS_PER_S = 1_000;
const QUARTER_MS = 900_000;
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** A charger that hears of nobody, set up by what its utility's gateway says, with phones that come by. Its time passes when it is told to. */
export class QuietCharger extends Park {
  readonly evseId: string;
  readonly keys = newKeys();
  readonly door: ReturnType<typeof utilityDoor>;
  readonly #rig: GatewayRig;
  readonly #site: TestSite;

  constructor(rig: GatewayRig, site: TestSite, at: number, beginsMs: number) {
    super();
    this.#rig = rig;
    this.#site = site;
    this.evseId = site.evses[at]?.evseId ?? '';
    this.batteryS = beginsMs / MS_PER_S;
    this.door = utilityDoor(askOf(rig.duke));
  }

  override async setUp() {
    const { x, y } = this.keys.key;
    const key = { kty: 'EC', crv: 'P-256', x: base64url(x), y: base64url(y), kid: 'charger' };
    const path = `/operator/v1/offline/chargers/${encodeURIComponent(this.evseId)}/certificate`;
    const { body } = await this.#rig.duke.ask('operator', 'PUT', path, { key });
    const { certificate, issuers, operator } = chargerCertificate.parse(body);
    const bytes = bytesOfBase64url;
    return {
      ...{ suite: NODE_SUITE, groupIds: [], firstIssuers: bytes(issuers) },
      identity: { evseId: this.evseId, signer: this.keys.signer, certificate: bytes(certificate) },
      operator: {
        ...{ kid: bytes(operator.kid), readerPoint: bytes(operator.readerPoint) },
        key: { x: bytes(operator.key.x), y: bytes(operator.key.y) },
      },
    };
  }

  /** A quarter of an hour passes in which so much flows, by whichever door. */
  async quarter(givenWh: bigint): Promise<void> {
    this.outlet.registerWh += givenWh;
    this.time.nowMs += QUARTER_MS;
    await this.charger.tick();
  }

  /** A phone with a token of its own, that was online a moment ago. */
  async phone(): Promise<{ readonly carried: Carried; readonly load: ChargerLoad }> {
    const { token } = await tokenOf({
      ...{ home: this.#rig.home, channel: this.#rig.duke.config.ledger.channel, site: this.#site },
      ...{ fromMs: testNow(), audience: { kind: 'outlet', evseId: this.evseId } },
      limits: { sessions: 1, energyWh: 30_000n, costMicros: 20_000_000n },
    });
    const { load, members } = await this.door.fetch(this.evseId);
    const holder = signerOf(PHONE_KEY.key, new Uint8Array());
    const nowS = Math.floor(testNow() / MS_PER_S);
    return {
      load,
      carried: { ...{ suite: NODE_SUITE, token, holder, members, nowS }, evseId: this.evseId },
    };
  }

  /** Held to it, the phone does what phones do for others. @returns what it did, and what the charger said of itself */
  async visited(): Promise<{ readonly visited: Visited; readonly sealed: Uint8Array | undefined }> {
    const { carried, load } = await this.phone();
    let sealed: Uint8Array | undefined;
    const kept = () => Promise.resolve();
    const exchange = async (contact: Contact) => {
      const visited = await visit(contact, load, {
        record: kept,
        diagnosis: (said) => {
          sealed = said;
          return kept();
        },
      });
      await contact.end();
      return visited;
    };
    return { visited: unwrap(await this.meet(carried, { kind: 'collect' }, exchange)), sealed };
  }
}

/** The door of a gateway to phones. @throws with the code of a refusal */
const askOf =
  (gateway: TestGateway): Ask =>
  async (method, path, body) => {
    const { status, body: said } = await gateway.ask('aaa', method, path, body);
    if (status >= 400) throw new Error(String(said['code']));
    return said;
  };
