import { generateKeyPairSync } from 'node:crypto';
import { makeCin, unwrap } from '@roamgrid/domain';
import {
  issueChargeToken,
  signCapCalendar,
  signPlaceRules,
  signSlotList,
  type CapCalendar,
  type CarriedRecord,
  type ChargeToken,
  type Command,
  type Contact,
  type OfflineRecord,
  type PlaceRules,
  type Slot,
} from '@roamgrid/offline';
import {
  EVSE_ID,
  HOME,
  newKeys,
  NOW_S,
  Park,
  Power,
  PowerCut,
  short,
  SimulatedTime,
  TOKEN,
  VISITED,
} from '@roamgrid/offline/testing';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { GatewayClient, type Clock } from '@roamgrid/station-kit';
import { fakeGateway } from '@roamgrid/station-kit/testing';
import type { JournalStore, OutletJournal } from '../agent/journal.ts';
import { Outlet } from '../agent/outlet.ts';
import type { EndStore, StoredEnd } from '../ends/end-store.ts';
import { SimulatedBay } from '../simulator/simulated-bay.ts';
import { Battery } from '../vehicle/battery.ts';
import { OfflineDoor } from './offline-door.ts';

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const METER_KEY = keys.publicKey;
const station = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const CIN = unwrap(makeCin({ country: 'US', party: 'ALP', service: 'E', customer: '0012345' }));
export const SWIPE = { cin: CIN, method: 'card', requestedEnergyWh: 10_000n, plannedMs: 3_600_000 } as const;
export const START: Command = { kind: 'start', energyWh: 6_850n };
export const STOP: Command = { kind: 'stop' };
export const COLLECT: Command = { kind: 'collect' };

const RULES: PlaceRules = {
  ...{ evseId: EVSE_ID, version: 0, kind: 'public-all', price: TOKEN.price, zone: 'UTC', hours: [] },
  ...{ sessionsADay: null, longestS: null, groupIds: ['CITY-HALL'], drivers: [], reservations: false },
  ...{ profile: null, queries: [] },
};

export interface LotOptions {
  readonly stepMs?: number;
  /** How often the charger looks at its clock. */
  readonly tickMs?: number;
  readonly maxPowerW?: bigint;
  /** What time it is there at first, seconds since 1970. */
  readonly nowS?: number;
  readonly capacityWh?: bigint;
}

/** One outlet of a car park with its two doors: a gateway that is there, phones that come and go, and power that goes with all that is not written. */
export class Lot {
  readonly time = new SimulatedTime();
  readonly bay: SimulatedBay;
  readonly park: Park;
  power = new Power();
  readonly gateway: Awaited<ReturnType<typeof fakeGateway>>;
  journal: OutletJournal | undefined;
  readonly ends = new Map<number, StoredEnd>();
  readonly clock: Clock;
  #outlet: Outlet | undefined;
  #door: OfflineDoor | undefined;
  readonly #stepMs: number;
  readonly #tickMs: number;
  readonly #maxPowerW: bigint;
  #version = 0;
  /** The station's clock was set ahead by so much. */
  clockAheadMs = 0;

  private constructor(gateway: Awaited<ReturnType<typeof fakeGateway>>, options: LotOptions) {
    const {
      stepMs = 10_000,
      tickMs = 1_000,
      nowS = NOW_S,
      maxPowerW = 22_000n,
      capacityWh = 60_000n,
    } = options;
    this.gateway = gateway;
    this.#stepMs = stepMs;
    this.#tickMs = tickMs;
    this.bay = new SimulatedBay({
      maxPowerW,
      vehicle: () => new Battery({ capacityWh, initialWh: capacityWh / 10n, maxPowerW: 150_000n }),
      staysMs: Infinity,
      plugsInWhenAsked: false,
    });
    const { time } = this;
    this.clock = {
      nowMs: () => nowS * 1_000 + Math.floor(time.nowMs) + this.clockAheadMs,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted === true) reject(new DOMException('sleep aborted', 'AbortError'));
          const stop = time.after(ms, resolve);
          signal?.addEventListener('abort', () => {
            stop();
            reject(new DOMException('sleep aborted', 'AbortError'));
          });
        }),
    };
    this.park = new Park(200, time, (clock, ended) => {
      this.#door = new OfflineDoor({ outlet: this.outlet.shared, clock, ended });
      return this.#door;
    });
    this.#maxPowerW = maxPowerW;
    this.park.batteryS = nowS;
  }

  static async open(options: LotOptions = {}): Promise<Lot> {
    const told: { lot?: Lot } = {};
    const gateway = await fakeGateway(() => told.lot?.clock.nowMs() ?? NOW_S * 1_000);
    const lot = (told.lot = new Lot(gateway, options));
    lot.switchOn();
    await lot.park.start(lot.power);
    lot.bay.plugIn();
    return lot;
  }

  get door(): OfflineDoor {
    if (this.#door === undefined) throw new Error('it has no power');
    return this.#door;
  }

  get outlet(): Outlet {
    if (this.#outlet === undefined) throw new Error('it has no power');
    return this.#outlet;
  }

  /** Power goes: what was not written is gone. */
  cut(): void {
    this.#outlet?.close();
    this.#door?.close();
    this.#outlet = undefined;
    this.bay.openContactor(this.clock.nowMs());
  }

  /** From now on power holds for so many written bytes. */
  powerBy(power: Power): void {
    this.power = power;
    for (const flash of Object.values(this.park.flash)) flash.power = power;
  }

  /** Power is back, for so many written bytes. The network's door has not looked yet at what it has to tell. */
  async start(power = new Power()): Promise<void> {
    this.power = power;
    this.switchOn();
    await this.park.start(power);
  }

  /** Time passes with nobody there. */
  async pass(ms: number): Promise<void> {
    const endMs = this.time.nowMs + ms;
    while (this.time.nowMs < endMs) {
      await this.time.until(
        new Promise<void>(
          (resolve) => void this.time.after(Math.min(this.#tickMs, endMs - this.time.nowMs), resolve),
        ),
      );
      await this.time.until(this.park.charger.tick());
    }
  }

  /** Keys of a driver's phone. */
  driver() {
    return newKeys();
  }

  /** Until it is so late there, seconds since 1970. */
  passUntil(atS: number): Promise<void> {
    return this.pass(atS * 1_000 - this.clock.nowMs());
  }

  /** A phone of a home utility's customer, with a token of its own. */
  async phone(changes: Partial<ChargeToken> = {}, holder = newKeys()) {
    const token = { ...TOKEN, tokenId: NODE_SUITE.random(16), holder: short(holder.key), ...changes };
    return this.park.carried({ token: await issueChargeToken(token, HOME.signer), holder: holder.signer });
  }

  /** Its utility says what holds here from now on; any phone brings it. @returns `ok`, or why the charger does not take it */
  async rule(changes: Partial<PlaceRules>): Promise<string> {
    const rules = { ...RULES, version: (this.#version += 1), ...changes };
    return this.#give('rules', await signPlaceRules(rules, VISITED.signer));
  }

  get rules(): PlaceRules {
    return RULES;
  }

  /** Its utility says who has reserved it. */
  async reserve(slots: readonly Slot[], version = (this.#version += 1)): Promise<string> {
    return this.#give('slots', await signSlotList({ evseId: EVSE_ID, version, slots }, VISITED.signer));
  }

  /** Its utility says what may flow there in which quarters of an hour, at 240 V. */
  async cap(changes: Partial<CapCalendar>, by: Pick<typeof VISITED, 'signer'> = VISITED): Promise<string> {
    const calendar = { chargers: [EVSE_ID], fromS: NOW_S, wattsPerAmp: 240, amps: [15] };
    const said = { ...calendar, version: (this.#version += 1), ...changes };
    return this.#give('caps', await signCapCalendar(said, by.signer));
  }

  async #give(kind: 'rules' | 'slots' | 'caps', word: Uint8Array): Promise<string> {
    const given = unwrap(
      await this.park.meet(await this.phone(), COLLECT, (contact) => contact.give(kind, word)),
    );
    return given.ok ? 'ok' : given.error.code;
  }

  /** The code by which the charger refused, or `ok`. */
  async asks(carried: Awaited<ReturnType<Lot['phone']>>, command: Command): Promise<string> {
    const met = await this.park.meet(carried, command, () => Promise.resolve());
    return met.ok ? 'ok' : met.error.code;
  }

  /** Takes what the charger has, as any phone does. */
  async collected(): Promise<readonly OfflineRecord[]> {
    const records: CarriedRecord[] = [];
    const taking = (contact: Contact) =>
      contact.take((record) => {
        records.push(record);
        return Promise.resolve();
      });
    unwrap(await this.park.meet(await this.phone(), COLLECT, taking));
    const read = await Promise.all(records.map((one) => this.park.read(one)));
    return read.filter((one) => one !== undefined);
  }

  /** A driver with a card, from swipe to charging. */
  async swipes(): Promise<{ ended: Promise<unknown> }> {
    const state = await this.time.until(this.outlet.swipe(SWIPE));
    if (state.screen !== 'offer') throw new Error(`the outlet shows ${JSON.stringify(state)}`);
    return this.time.until(this.outlet.consent(state.offer.quoteHash));
  }

  close(): void {
    this.cut();
    this.gateway.close();
  }

  switchOn(): void {
    this.#outlet = new Outlet({
      identity: { stationId: 'st1', utilityId: 'USDUK', keyId: 'k1', key: station.privateKey },
      meter: { meterId: 'm1', evseId: EVSE_ID, gatewaySerial: 'g1', key: keys.privateKey },
      maxPowerW: this.#maxPowerW,
      gateway: new GatewayClient(this.gateway.url, {
        ...{ stationId: 'st1', utilityId: 'USDUK', keyId: 'k1', key: station.privateKey },
      }),
      clock: this.clock,
      journal: this.#journalStore(),
      ends: this.#endStore(),
      bay: this.bay,
      timing: { stepMs: this.#stepMs, readingEveryMs: 60_000 },
      pace: { firstDelayMs: 2, longestDelayMs: 20, triesWhileDriverWaits: 2 },
      waits: { askDeviceEveryMs: 5, askAgainAfterMs: 60_000, plugInMs: 60_000 },
    });
  }

  /** A write is there whole or not at all, and power may go in it or right after it. */
  #write(then: () => void): void {
    const { power } = this;
    if (power.spend(2) < 2) throw new PowerCut('power went');
    then();
    if (power.isOff) throw new PowerCut('power went');
  }

  #journalStore(): JournalStore {
    return {
      load: () => this.journal,
      save: (journal) => {
        this.#write(() => (this.journal = structuredClone(journal)));
      },
    };
  }

  #endStore(): EndStore {
    return {
      load: () => [...this.ends.values()],
      add: (end) => {
        const stored = { number: Math.max(0, ...this.ends.keys()) + 1, end };
        this.#write(() => this.ends.set(stored.number, stored));
        return stored;
      },
      drop: (number) => {
        this.#write(() => this.ends.delete(number));
      },
    };
  }
}
