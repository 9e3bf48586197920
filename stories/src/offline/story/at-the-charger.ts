import { unwrap } from '@roamgrid/domain';
import {
  signPlaceRules,
  signSlotList,
  type Carried,
  type Command,
  type Contact,
  type OfflineRecord,
  type PlaceRules,
  type Slot,
} from '@roamgrid/offline';
import { EVSE_ID, keysOf, PRICE, type openUnderground } from '../underground.ts';
import { uncut, type RadioOptions } from '../phone-radio.ts';

export type Underground = Awaited<ReturnType<typeof openUnderground>>;

const RULES: PlaceRules = {
  ...{ evseId: EVSE_ID, version: 0, kind: 'public-all', price: PRICE, zone: 'America/New_York', hours: [] },
  ...{ sessionsADay: null, longestS: null, groupIds: ['CITY-HALL'], drivers: [], reservations: false },
  ...{ profile: null, queries: [] },
};

/** What phones do at a charger whose time is held, and what they bring it of its utility's words. */
export class AtTheCharger {
  readonly there: Underground;
  #version = 0;

  constructor(there: Underground) {
    this.there = there;
  }

  get nowS(): number {
    return Math.floor(this.there.nowMs() / 1_000);
  }

  /** One contact from begin to end. */
  async meets<T>(
    carried: Carried,
    command: Command,
    then: (contact: Contact) => Promise<T>,
    radio: RadioOptions = {},
  ): Promise<T> {
    return uncut(carried, command, async () => {
      const { met, leave } = await this.there.meet(carried, command, radio);
      const contact = unwrap(met);
      const told = await then(contact);
      await contact.end();
      await leave();
      return told;
    });
  }

  /** What the charger says: why not, or `ok`. */
  async asks(carried: Carried, command: Command): Promise<string> {
    return uncut(carried, command, async () => {
      const { met, leave } = await this.there.meet(carried, command);
      if (met.ok) await met.value.end();
      await leave();
      return met.ok ? 'ok' : met.error.code;
    });
  }

  /**
   * Its utility says what holds here from now on, and perhaps who has reserved it; a phone brings it.
   * @returns `ok`, or why the charger does not take it
   */
  async rule(changes: Partial<PlaceRules>, slots?: readonly Slot[]): Promise<string> {
    const rules = { ...RULES, version: (this.#version += 1), ...changes };
    const list = slots && { evseId: EVSE_ID, version: (this.#version += 1), slots };
    return this.#give(
      await signPlaceRules(rules, this.there.operator),
      list && (await signSlotList(list, this.there.operator)),
    );
  }

  /** The same, but somebody else signs it. */
  async forged(changes: Partial<PlaceRules>): Promise<string> {
    const rules = { ...RULES, version: this.#version + 1, ...changes };
    return this.#give(await signPlaceRules(rules, (await keysOf()).signer));
  }

  /** Any phone takes what there is, and brings the receipt for it. */
  async collected(): Promise<readonly OfflineRecord[]> {
    return this.meets(await this.there.phone(), { kind: 'collect' }, (contact) =>
      this.there.collect(contact),
    );
  }

  async #give(rules: Uint8Array, slots?: Uint8Array): Promise<string> {
    return this.meets(await this.there.phone(), { kind: 'collect' }, async (contact) => {
      const given = await contact.give('rules', rules);
      const listed = slots === undefined ? given : await contact.give('slots', slots);
      const refused = [given, listed].find((one) => !one.ok);
      return refused?.ok === false ? refused.error.code : 'ok';
    });
  }
}
