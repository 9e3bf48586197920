import { join } from 'node:path';
import { ok, type Result } from '@roamgrid/domain';
import {
  Contact,
  openCarried,
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
  chargerCertificate,
  keptRecords,
  type CarriedAnswer,
  type CarriedWords,
  type KeptRecord,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { keyObject } from '../../system/key-ring.ts';
import { meterKeyName, stationKeyName } from '../../system/register.ts';
import type { StationDefinition } from '../../system/consortium.ts';
import { base64, type ChargerOrder, type ChargerSight } from '../charger-order.ts';
import { startCharger, type ChargerProcess } from '../charger-process.ts';
import type { CustomerPhone } from '../customer-phone.ts';
import { holdTo, type Overheard, type RadioOptions } from '../phone-radio.ts';
import type { OfflineStage } from '../stage.ts';
import { keysOf, pemOf } from '../underground.ts';
import type { StoryTime } from './story-time.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));
const text = (some: Uint8Array): string => Buffer.from(some).toString('base64url');

const CAPACITY = 200;

export interface GarageOptions {
  /** Where it keeps what it has to know. */
  readonly folder: string;
  /** Sessions that it keeps. */
  readonly capacity?: number;
  readonly firmware?: NonNullable<ChargerOrder['firmware']>;
  /** Which outlet of the station; the first when absent. */
  readonly at?: number;
  readonly neighbours?: NonNullable<ChargerOrder['neighbours']>;
}

/** A charger of the car park in a process of its own, set up by what its utility's gateway says; and what phones do there and afterwards. */
export class Garage {
  readonly evseId: string;
  /** Every frame that ever went through the air. */
  readonly capture: Overheard = { frames: [] };
  readonly #stage: OfflineStage;
  readonly #time: StoryTime;
  readonly #order: ChargerOrder;
  readonly #leaveTime: () => void;
  #charger: ChargerProcess;
  /** Whom phones believed when they were online last. */
  #members: IssuerList = { version: 0, madeAtS: 0, issuers: [] };

  private constructor(stage: OfflineStage, time: StoryTime, order: ChargerOrder, charger: ChargerProcess) {
    this.#stage = stage;
    this.#time = time;
    this.#order = order;
    this.#charger = charger;
    this.evseId = order.evseId;
    this.#leaveTime = time.onPass((passMs) => this.#charger.act({ passMs }));
  }

  static async setUp(
    stage: OfflineStage,
    time: StoryTime,
    station: StationDefinition,
    { folder, capacity = CAPACITY, at = 0, firmware, neighbours }: GarageOptions,
  ): Promise<Garage> {
    const outlet = station.outlets[at];
    if (outlet === undefined) throw new Error('the station has the outlet');
    const { evseId, meterId, maxPowerW } = outlet;
    const { placeId } = station;
    const { system, duke } = stage;
    const own = await keysOf();
    const key = { kty: 'EC', crv: 'P-256', x: text(own.key.x), y: text(own.key.y), kid: 'charger' };
    const url = `${duke.gateway.url}/operator/v1/offline/chargers/${encodeURIComponent(evseId)}/certificate`;
    const given = await duke.operator('PUT', url, { key }, chargerCertificate);
    const inBase64 = (one: string) => base64(bytes(one));
    const pem = (name: string) => pemOf(keyObject(system.keys.key(name)));
    const order: ChargerOrder = {
      ...{ folder: join(folder, meterId), evseId, hasBattery: true, capacity },
      groupIds: placeId === undefined ? [] : [placeId],
      ...{ stationId: station.stationId, utilityId: duke.definition.utilityId, meterId },
      maxPowerW: maxPowerW.toString(),
      stationKeyPem: pem(stationKeyName(station.stationId)),
      meterKeyPem: pem(meterKeyName(meterId)),
      charger: {
        ...{ keyPem: pemOf(own.privateKey), kid: base64(own.kid) },
        certificate: inBase64(given.certificate),
      },
      operator: {
        kid: inBase64(given.operator.kid),
        ...{ x: inBase64(given.operator.key.x), y: inBase64(given.operator.key.y) },
        readerPoint: inBase64(given.operator.readerPoint),
      },
      firstIssuers: inBase64(given.issuers),
      heldAtMs: time.nowMs(),
      ...(firmware && { firmware }),
      ...(neighbours && { neighbours }),
    };
    return new Garage(stage, time, order, await startCharger(order));
  }

  get radioUrl(): string {
    return this.#charger.radioUrl;
  }

  act(what: 'plug-in' | 'unplug' | 'look' | 'stick' | 'mend'): Promise<ChargerSight> {
    return this.#charger.act(what);
  }

  /** Power goes, and comes back. */
  async powerAgain(): Promise<void> {
    await this.#charger.cut();
    this.#charger = await startCharger({ ...this.#order, heldAtMs: this.#time.nowMs() });
  }

  /** What phones carry when they go online: whom to believe, and what the charger is to hear. */
  async words(): Promise<CarriedWords> {
    const words = await this.#ask(`carried?evseId=${encodeURIComponent(this.evseId)}`, carriedWords);
    this.#members = {
      ...{ version: 0, madeAtS: 0 },
      issuers: words.members.map(({ utilityId, kid, key, fromS, untilS }) => ({
        ...{ utilityId, kid: bytes(kid), key: { x: bytes(key.x), y: bytes(key.y) }, fromS, untilS },
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

  /** One contact. @throws LinkLost when the phone is taken away before its end */
  async hold<T>(
    carried: Carried,
    command: Command,
    then: (contact: Contact) => Promise<T>,
    radio: RadioOptions = {},
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

  /** A phone that is online brings what it took. */
  bring(records: readonly CarriedRecord[]): Promise<CarriedAnswer> {
    const sealed = records.map(({ evseId = this.evseId, number, bytes: some }) => ({
      ...{ evseId, number },
      sealed: text(some),
    }));
    return this.#ask('records', carriedAnswer, { records: sealed });
  }

  /** What its utility's operators see of records. */
  async kept(): Promise<readonly KeptRecord[]> {
    const { duke } = this.#stage;
    const url = `${duke.gateway.url}/operator/v1/offline/records?evseId=${encodeURIComponent(this.evseId)}`;
    return (await duke.operator('GET', url, undefined, keptRecords)).records;
  }

  /** What a record says, opened as its utility alone can. */
  async read({ number, bytes: some }: CarriedRecord): Promise<OfflineRecord> {
    const reader = agreementOf(bytes(this.#stage.system.keys.key('USDUK-reader').d));
    const opened = await openCarried(NODE_SUITE, [reader], { evseId: this.evseId, number, bytes: some });
    if (opened === undefined) throw new Error(`record ${number} cannot be opened`);
    return opened.record;
  }

  close(): Promise<void> {
    this.#leaveTime();
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
    throw new Error(JSON.stringify(told.failure));
  }
}
