import { unwrap } from '@roamgrid/domain';
import {
  bytesOfBase64url,
  Contact,
  utilityDoor,
  visit,
  type Ask,
  type CarriedRecord,
  type ChargerLoad,
  type Command,
  type ForUtility,
  type Visited,
} from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import type { OfflineToken } from '@roamgrid/wire';
import type { OfflineStage } from '../stage.ts';
import type { CustomerPhone } from '../customer-phone.ts';
import { holdTo } from '../phone-radio.ts';
import type { ServedCharger } from './served-charger.ts';

const MS_PER_S = 1_000;
/** Asks a gateway's door for phones. @throws with the code of a refusal */
export const askOf =
  (url: string): Ask =>
  async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (response.status === 204) return undefined;
    const said = (await response.json()) as { readonly code?: string };
    if (!response.ok) throw new Error(said.code ?? String(response.status));
    return said;
  };

/** A phone with one token, that carries between its chargers' utility and them. */
export class CarryingPhone {
  readonly door: ReturnType<typeof utilityDoor>;
  readonly records: ForUtility[] = [];
  readonly diagnoses = new Map<string, Uint8Array>();
  load: ChargerLoad = { words: [] };
  readonly #token: OfflineToken;
  readonly #phone: CustomerPhone;

  constructor(stage: OfflineStage, token: OfflineToken, phone: CustomerPhone) {
    this.#token = token;
    this.#phone = phone;
    this.door = utilityDoor(askOf(stage.duke.gateway.url));
  }

  get token(): Uint8Array {
    return bytesOfBase64url(this.#token.token);
  }

  /** Online: what is to be carried to an outlet. */
  async fetch(evseId: string): Promise<ChargerLoad> {
    return (this.load = (await this.door.fetch(evseId)).load);
  }

  /** Held to a charger. @throws with the code by which it refuses */
  async meet<T>(
    charger: ServedCharger,
    command: Command,
    then: (contact: Contact) => Promise<T>,
  ): Promise<T> {
    const { members } = await this.door.fetch(charger.evseId);
    const { link, leave } = await holdTo(charger.radioUrl);
    const nowS = Math.floor(charger.time.clock.nowMs() / MS_PER_S);
    const carried = {
      ...{ suite: NODE_SUITE, token: this.token, holder: this.#phone.held.signer, members, nowS },
      evseId: charger.evseId,
    };
    try {
      return await then(unwrap(await Contact.begin(link, carried, command)));
    } finally {
      await leave();
    }
  }

  /** Wants something of a charger. @returns what it answers @throws with the code by which it refuses */
  async asks(charger: ServedCharger, command: Command): Promise<Contact['answer']> {
    return this.meet(charger, command, async (contact) => {
      await contact.end();
      return contact.answer;
    });
  }

  /** Does there what a phone does for others. */
  async visits(charger: ServedCharger, mostChunks?: number): Promise<Visited> {
    const { evseId } = charger;
    return this.meet(charger, { kind: 'collect' }, async (contact) => {
      const keeping = {
        record: (record: CarriedRecord) => {
          this.records.push({ evseId, ...record });
          return Promise.resolve();
        },
        neighbour: (of: string, record: CarriedRecord) => {
          this.records.push({ ...record, evseId: of });
          return Promise.resolve();
        },
        diagnosis: (sealed: Uint8Array) => {
          this.diagnoses.set(evseId, sealed);
          return Promise.resolve();
        },
      };
      const visited = await visit(contact, this.load, keeping, mostChunks);
      await contact.end();
      return visited;
    });
  }

  /** Online again: brings all that it carries. */
  async bringsBack() {
    for (const [evseId, sealed] of this.diagnoses) await this.door.bringDiagnosis(evseId, sealed);
    return this.door.bring(this.records, [this.#token.signedLeave]);
  }
}
