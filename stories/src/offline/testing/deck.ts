import assert from 'node:assert/strict';
import { unwrap } from '@roamgrid/domain';
import {
  base64urlOf,
  bytesOfBase64url,
  openCarried,
  type Carried,
  type CarriedRecord,
  type Command,
  type Contact,
  type IssuerList,
  type OfflineRecord,
  type SessionSaid,
} from '@roamgrid/offline';
import { agreementOf, NODE_SUITE } from '@roamgrid/offline/node';
import { decodeCbor, encodeCbor, newKeys, Park, sealFor } from '@roamgrid/offline/testing';
import { call } from '@roamgrid/service-kit';
import {
  carriedAnswer,
  carriedWords,
  chargerCertificate,
  keptRecords,
  offlineChargers,
  timeAnswer,
  type CarriedAnswer,
  type CarriedWords,
  type KeptRecord,
  type OfflineToken,
  type SetUpCharger,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { asker, type Ask } from '../../system/ask.ts';
import { stationKeyName } from '../../system/register.ts';
import { CAR_PARK, EVSE_ID, type OfflineStage } from '../stage.ts';
import type { CustomerPhone } from '../customer-phone.ts';

const MS_PER_S = 1_000;

/** The deck without network, with a charger that was set up by what its utility's gateway says. */
export class Deck extends Park {
  readonly #stage: OfflineStage;
  readonly #keys = newKeys();
  #given: SetUpCharger | undefined;

  private constructor(stage: OfflineStage) {
    super();
    this.#stage = stage;
    this.batteryS = Math.floor(Date.now() / MS_PER_S);
  }

  /** A new charger takes the place of the one before. */
  static async setUp(stage: OfflineStage): Promise<Deck> {
    const deck = new Deck(stage);
    deck.#given = await deck.certify();
    await deck.start();
    return deck;
  }

  get given(): SetUpCharger {
    if (this.#given === undefined) throw new Error('it was not set up');
    return this.#given;
  }

  certify(evseId = EVSE_ID, by: Ask = this.#stage.duke.operator, door = 'operator'): Promise<SetUpCharger> {
    const { x, y } = this.#keys.key;
    const key = { kty: 'EC', crv: 'P-256', x: base64urlOf(x), y: base64urlOf(y), kid: 'charger' };
    const path = `offline/chargers/${encodeURIComponent(evseId)}/certificate`;
    return by('PUT', `${this.#stage.duke.gateway.url}/${door}/v1/${path}`, { key }, chargerCertificate);
  }

  /** The station that has the outlet vouches for its charger. */
  certifyAsStation(evseId = EVSE_ID): Promise<SetUpCharger> {
    const [station] = CAR_PARK.stations;
    assert.ok(station);
    const key = this.#stage.system.keys.key(stationKeyName(station.stationId));
    const by = asker(key, station.stationId, CAR_PARK.utilityId, 'station');
    return this.certify(evseId, by, 'station');
  }

  override setUp() {
    const { operator, certificate, issuers } = this.given;
    const identity = {
      evseId: EVSE_ID,
      signer: this.#keys.signer,
      certificate: bytesOfBase64url(certificate),
    };
    const { x, y } = operator.key;
    return Promise.resolve({
      ...{ suite: NODE_SUITE, identity, groupIds: [], firstIssuers: bytesOfBase64url(issuers) },
      operator: {
        kid: bytesOfBase64url(operator.kid),
        key: { x: bytesOfBase64url(x), y: bytesOfBase64url(y) },
        readerPoint: bytesOfBase64url(operator.readerPoint),
      },
    });
  }

  async #ask<S extends z.ZodType>(path: string, answer: S, body?: unknown): Promise<z.output<S>> {
    const url = `${this.#stage.duke.gateway.url}/offline/v1/${path}`;
    const told = await call({
      method: body === undefined ? 'GET' : 'POST',
      ...{ url, answer, timeoutMs: 30_000 },
      ...(body === undefined ? {} : { body }),
    });
    if (told.ok) return told.value;
    const { failure } = told;
    throw new Error(failure.kind === 'problem' ? failure.problem.code : JSON.stringify(failure));
  }

  /** What its utility has phones carry to it. */
  words(): Promise<CarriedWords> {
    return this.#ask(`carried?evseId=${encodeURIComponent(EVSE_ID)}`, carriedWords);
  }

  chargers() {
    return this.#ask('chargers', offlineChargers);
  }

  /** Whom a phone believes, by what the utility says. */
  async #members(): Promise<IssuerList> {
    const { members } = await this.words();
    return {
      ...{ version: 0, madeAtS: 0 },
      issuers: members.map(({ utilityId, kid, key, fromS, untilS }) => ({
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
  }

  async #brings({ token }: OfflineToken, phone: CustomerPhone): Promise<Carried> {
    return {
      ...{ suite: NODE_SUITE, token: bytesOfBase64url(token), holder: phone.held.signer, evseId: EVSE_ID },
      ...{ members: await this.#members(), nowS: Math.floor(Date.now() / MS_PER_S) },
    };
  }

  /** The phone's owner charges and stops. @returns what the charger says at the end @throws what it refuses it with */
  async charge(token: OfflineToken, phone: CustomerPhone, energyWh: bigint): Promise<SessionSaid> {
    const brings = await this.#brings(token, phone);
    const does = async (command: Command) => {
      const met = await this.meet(brings, command, async (contact) => {
        await contact.end();
        return contact.answer;
      });
      if (!met.ok) throw new Error(`${met.error.code}: ${met.error.message}`);
      return met.value as readonly number[];
    };
    await does({ kind: 'start', energyWh });
    this.outlet.flow(energyWh);
    const [number = 0, took = 0, cost = 0] = await does({ kind: 'stop' });
    return { number, energyWh: BigInt(took), micros: BigInt(cost) };
  }

  /** A phone brings the list of issuers as the utility has it now. */
  async carryIssuers(token: OfflineToken, phone: CustomerPhone): Promise<void> {
    const { issuers } = await this.words();
    const brings = await this.#brings(token, phone);
    const give = (contact: Contact) => contact.give('issuers', bytesOfBase64url(issuers.list));
    unwrap(unwrap(await this.meet(brings, { kind: 'collect' }, give)));
  }

  /** A phone takes all that the charger has for it. */
  async collect(token: OfflineToken, phone: CustomerPhone): Promise<readonly CarriedRecord[]> {
    const records: CarriedRecord[] = [];
    const met = await this.meet(await this.#brings(token, phone), { kind: 'collect' }, (contact) =>
      contact.take((record) => {
        records.push(record);
        return Promise.resolve();
      }),
    );
    unwrap(met);
    return records.sort((a, b) => a.number - b.number);
  }

  bring(records: readonly CarriedRecord[], evseId = EVSE_ID): Promise<CarriedAnswer> {
    const sealed = records.map(({ number, bytes: some }) => ({ evseId, number, sealed: base64urlOf(some) }));
    return this.#ask('records', carriedAnswer, { records: sealed });
  }

  async kept(): Promise<readonly KeptRecord[]> {
    const { duke } = this.#stage;
    const url = `${duke.gateway.url}/operator/v1/offline/records`;
    return (await duke.operator('GET', url, undefined, keptRecords)).records;
  }

  async #open({ number, bytes: some }: CarriedRecord) {
    const reader = agreementOf(bytesOfBase64url(this.#stage.system.keys.key('USDUK-reader').d));
    return openCarried(NODE_SUITE, [reader], { evseId: EVSE_ID, number, bytes: some });
  }

  override async read(record: CarriedRecord): Promise<OfflineRecord | undefined> {
    return (await this.#open(record))?.record;
  }

  /** What is not as a charger sealed it, or was made by somebody, is refused with its reason. */
  async refusals(record: CarriedRecord): Promise<void> {
    const opened = await this.#open(record);
    assert.ok(opened);
    const items = unwrap(decodeCbor(opened.plain)) as readonly never[];
    /** Somebody who knows for whom to seal makes it say something else. */
    const remade = async (at: number, value: unknown, number = record.number): Promise<CarriedRecord> => {
      const changed = items.map((item, index) => (index === at ? (value as never) : item));
      const beside = encodeCbor([EVSE_ID, number]);
      const sealed = await sealFor(
        NODE_SUITE,
        bytesOfBase64url(this.given.operator.readerPoint),
        changed,
        beside,
      );
      return { number, bytes: sealed };
    };
    const altered = Uint8Array.from(record.bytes, (byte, at) => (at === 90 ? byte ^ 1 : byte));
    const cases: readonly (readonly [string, CarriedRecord, string?])[] = [
      ['RECORD_UNREADABLE', { ...record, bytes: altered }],
      ['RECORD_UNREADABLE', { ...record, number: record.number + 5 }],
      ['RECORD_UNREADABLE', await remade(1, record.number, record.number + 1)],
      ['CHARGER_UNKNOWN', record, 'US*DUK*ENONE'],
      // More was asked for than the holder signed for.
      ['PROOF_FORGED', await remade(5, 6_000n)],
      ['SIGN1_MALFORMED', await remade(15, new Uint8Array(200))],
    ];
    for (const [code, one, evseId] of cases) {
      const [told] = (await this.bring([one], evseId)).records;
      assert.deepEqual([told?.state, told?.code], ['refused', code]);
    }
  }

  async timeFor(question: {
    readonly evseId: string;
    readonly bootCounter: number;
    readonly monotonicMs: number;
  }): Promise<Uint8Array> {
    return bytesOfBase64url((await this.#ask('time', timeAnswer, question)).word);
  }

  /** A phone shows the utility the challenge of its last contact, and brings its word. */
  async setClock(token: OfflineToken, phone: CustomerPhone): Promise<void> {
    const brings = await this.#brings(token, phone);
    const { challenge } = unwrap(
      await this.meet(brings, { kind: 'collect' }, async (contact) => {
        await contact.end();
        return contact;
      }),
    );
    const { evseId, bootCounter, monotonicMs } = challenge;
    const word = await this.timeFor({ evseId, bootCounter, monotonicMs });
    unwrap(unwrap(await this.meet(brings, { kind: 'collect' }, (contact) => contact.give('time', word))));
  }
}
