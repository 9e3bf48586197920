import { ok, unwrap, type Result } from '@roamgrid/domain';
import {
  base64urlOf,
  bytesOfBase64url,
  Contact,
  openCarried,
  utilityDoor,
  type Carried,
  type CarriedRecord,
  type Command,
  type ContactError,
  type IssuerList,
  type OfflineRecord,
} from '@roamgrid/offline';
import { agreementOf, NODE_SUITE } from '@roamgrid/offline/node';
import { call } from '@roamgrid/service-kit';
import {
  carriedAnswer,
  carriedWords,
  keptRecords,
  type CarriedAnswer,
  type CarriedWords,
  type KeptRecord,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { StationDefinition } from '../../system/consortium.ts';
import type { ChargerOrder, ChargerSight } from '../charger-order.ts';
import { startCharger, type ChargerProcess } from '../charger-process.ts';
import { setUpCharger } from '../charger-set-up.ts';
import { until } from '../../system/until.ts';
import type { CustomerPhone } from '../customer-phone.ts';
import { holdTo, uncut, type Overheard, type RadioOptions } from '../phone-radio.ts';
import type { OfflineStage } from '../stage.ts';
import type { LocalNetwork } from './local-network.ts';
import type { StoryTime } from './story-time.ts';

const CAPACITY = 200;
const SECOND_MS = 1_000;
const COLLECT = { kind: 'collect' } as const;
type GivenWord = Parameters<Contact['give']>[0];

export interface GarageOptions {
  /** Where it keeps what it has to know. */
  readonly folder: string;
  /** Sessions that it keeps. */
  readonly capacity?: number;
  readonly firmware?: NonNullable<ChargerOrder['firmware']>;
  /** Which outlet of the station; the first when absent. */
  readonly at?: number;
  /** The local network that it is on; none when absent. */
  readonly network?: LocalNetwork;
}

/** A charger of the car park in a process of its own, set up by what its utility's gateway says; and what phones do there and afterwards. */
export class Garage {
  readonly evseId: string;
  /** Every frame that ever went through the air. */
  readonly capture: Overheard = { frames: [] };
  readonly #stage: OfflineStage;
  readonly #time: StoryTime;
  readonly #order: ChargerOrder;
  readonly #network: LocalNetwork | undefined;
  readonly #leaveTime: () => void;
  #charger: ChargerProcess;
  /** Whom phones believed when they were online last. */
  #members: IssuerList = { version: 0, madeAtS: 0, issuers: [] };

  private constructor(
    stage: OfflineStage,
    time: StoryTime,
    order: ChargerOrder,
    charger: ChargerProcess,
    network?: LocalNetwork,
  ) {
    this.#stage = stage;
    this.#time = time;
    this.#order = order;
    this.#network = network;
    this.#charger = charger;
    this.evseId = order.evseId;
    this.#leaveTime = time.onPass((passMs) => this.#charger.act({ passMs }));
  }

  static async setUp(
    stage: OfflineStage,
    time: StoryTime,
    station: StationDefinition,
    { folder, capacity = CAPACITY, at = 0, firmware, network }: GarageOptions,
  ): Promise<Garage> {
    const setUp = await setUpCharger(stage, station, at, folder);
    const order: ChargerOrder = {
      ...setUp,
      ...{ capacity, heldAtMs: time.nowMs() },
      ...(firmware && { firmware }),
      ...(network && { neighbours: network.around(setUp.evseId) }),
    };
    const charger = await startCharger(order);
    await network?.join(order.evseId, charger);
    return new Garage(stage, time, order, charger, network);
  }

  get radioUrl(): string {
    return this.#charger.radioUrl;
  }

  act(what: 'plug-in' | 'unplug' | 'look' | 'stick' | 'mend'): Promise<ChargerSight> {
    return this.#charger.act(what);
  }

  /** Power goes, and comes back. */
  async powerAgain(): Promise<void> {
    this.#network?.leave(this.evseId);
    await this.#charger.cut();
    this.#charger = await startCharger({ ...this.#order, heldAtMs: this.#time.nowMs() });
    await this.#network?.join(this.evseId, this.#charger);
  }

  /** Its utility's gateway, as phones ask it that are online. */
  get door() {
    return utilityDoor((_method, path, body) =>
      this.#ask(path.replace('/offline/v1/', ''), z.unknown(), body),
    );
  }

  /** What phones carry when they go online: whom to believe, and what the charger is to hear. */
  async words(): Promise<CarriedWords> {
    const words = await this.#ask(`carried?evseId=${encodeURIComponent(this.evseId)}`, carriedWords);
    this.#members = {
      ...{ version: 0, madeAtS: 0 },
      issuers: words.members.map(({ utilityId, kid, key, fromS, untilS }) => ({
        ...{
          utilityId,
          kid: bytesOfBase64url(kid),
          key: { x: bytesOfBase64url(key.x), y: bytesOfBase64url(key.y) },
          fromS,
          untilS,
        },
        revocationEpoch: 0,
      })),
    };
    return words;
  }

  /** What a phone brings to a contact, with what it knew when it was online last. */
  brings(token: Uint8Array, phone: CustomerPhone): Carried {
    return {
      ...{ suite: NODE_SUITE, token, holder: phone.held.signer, evseId: this.evseId },
      ...{ members: this.#members, nowS: Math.floor(this.#time.nowMs() / 1_000) },
    };
  }

  /** One contact. @throws LinkLost when the phone is taken away before its end, as `radio` may say */
  hold<T>(
    carried: Carried,
    command: Command,
    then: (contact: Contact) => Promise<T>,
    radio: RadioOptions = {},
  ): Promise<Result<T, ContactError>> {
    const held = () => this.#hold(carried, command, then, radio);
    return radio.tornAfter === undefined ? uncut(carried, command, held) : held();
  }

  async #hold<T>(
    carried: Carried,
    command: Command,
    then: (contact: Contact) => Promise<T>,
    radio: RadioOptions,
  ): Promise<Result<T, ContactError>> {
    const { link, leave } = await holdTo(this.#charger.radioUrl, { ...radio, overheard: this.capture });
    try {
      const met = await Contact.begin(link, carried, command);
      if (!met.ok) return met;
      const told = await then(met.value);
      await met.value.end();
      return ok(told);
    } finally {
      await leave();
    }
  }

  /** Why not, or `ok`. */
  async asks(carried: Carried, command: Command): Promise<string> {
    const met = await this.hold(carried, command, () => Promise.resolve());
    return met.ok ? 'ok' : met.error.code;
  }

  /** One contact in which a phone brings words and takes all that is there for it. @throws when it is not let in */
  async collect(
    carried: Carried,
    brought: readonly (readonly [kind: GivenWord, word: string])[] = [],
    whose?: 'all',
  ): Promise<readonly CarriedRecord[]> {
    const records: CarriedRecord[] = [];
    const met = await this.hold(carried, COLLECT, async (contact) => {
      for (const [kind, word] of brought) await contact.give(kind, bytesOfBase64url(word));
      await contact.take((record) => {
        records.push(record);
        return Promise.resolve();
      }, whose);
    });
    unwrap(met);
    return records;
  }

  /** A phone that is online brings what it took. */
  bring(records: readonly CarriedRecord[]): Promise<CarriedAnswer> {
    const sealed = records.map(({ evseId = this.evseId, number, bytes: some }) => ({
      ...{ evseId, number },
      sealed: base64urlOf(some),
    }));
    return this.#ask('records', carriedAnswer, { records: sealed });
  }

  /** What its utility's operators see of records. */
  async kept(): Promise<readonly KeptRecord[]> {
    const { duke } = this.#stage;
    const url = `${duke.gateway.url}/operator/v1/offline/records?evseId=${encodeURIComponent(this.evseId)}`;
    return (await duke.operator('GET', url, undefined, keptRecords)).records;
  }

  /** The same, once each is booked or refused. */
  keptInTheEnd(): Promise<readonly KeptRecord[]> {
    return until(`what was brought of ${this.evseId} is booked or refused`, async () => {
      await this.#time.pass(SECOND_MS);
      const kept = await this.kept();
      return kept.every(({ state }) => state !== 'taken') ? kept : undefined;
    });
  }

  /** What a record says, opened as its utility alone can. */
  async read({ number, bytes: some }: CarriedRecord): Promise<OfflineRecord> {
    const reader = agreementOf(bytesOfBase64url(this.#stage.system.keys.key('USDUK-reader').d));
    const opened = await openCarried(NODE_SUITE, [reader], { evseId: this.evseId, number, bytes: some });
    if (opened === undefined) throw new Error(`record ${number} cannot be opened`);
    return opened.record;
  }

  close(): Promise<void> {
    this.#leaveTime();
    this.#network?.leave(this.evseId);
    return this.#charger.cut();
  }

  async #ask<S extends z.ZodType>(path: string, answer: S, body?: unknown): Promise<z.output<S>> {
    const told = await call({
      method: body === undefined ? 'GET' : 'POST',
      url: `${this.#stage.duke.gateway.url}/offline/v1/${path}`,
      ...{ answer, timeoutMs: 30_000 },
      ...(body === undefined ? {} : { body }),
    });
    if (told.ok) return told.value;
    throw new Error(`${path} of ${this.evseId}: ${JSON.stringify(told.failure)}`);
  }
}
