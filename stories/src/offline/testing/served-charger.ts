import { createPrivateKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import {
  base64urlOf,
  bytesOfBase64url,
  type ChargerIdentity,
  type OfflineChargerOptions,
  type Operator,
} from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { newKeys, SimulatedTime } from '@roamgrid/offline/testing';
import {
  Battery,
  fileEndStore,
  fileJournal,
  openOfflineStation,
  Outlet,
  serveRadio,
  SimulatedBay,
  type ServedNeighbours,
} from '@roamgrid/station';
import { GatewayClient, type Clock } from '@roamgrid/station-kit';
import type { PrivateJwk } from '@roamgrid/service-kit/runtime';
import { chargerCertificate } from '@roamgrid/wire';
import { meterKeyName, stationKeyName } from '../../system/register.ts';
import type { OfflineStage } from '../stage.ts';

const MS_PER_S = 1_000;
/** Nothing listens there: the station has no network. */
const NOWHERE = 'http://127.0.0.1:9';

/** Time at a charger: it passes as everywhere, and as much more of it as a test says. */
export class PassedTime {
  readonly #time = new SimulatedTime();
  readonly #sinceMs = Date.now();

  get aheadMs(): number {
    return this.#time.nowMs;
  }

  uptimeMs(): number {
    return Date.now() - this.#sinceMs + Math.floor(this.#time.nowMs);
  }

  readonly clock: Clock = {
    nowMs: () => this.#sinceMs + this.uptimeMs(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const stops = [this.#time.after(ms, resolve)];
        const timer = setTimeout(resolve, ms);
        timer.unref();
        stops.push(() => {
          clearTimeout(timer);
        });
        const abort = (): void => {
          for (const stop of stops) stop();
          reject(new DOMException('sleep aborted', 'AbortError'));
        };
        if (signal?.aborted === true) abort();
        else signal?.addEventListener('abort', abort, { once: true });
      }),
  };

  /** So much passes at once, for whoever waits by this clock. */
  async pass(ms: number): Promise<void> {
    await this.#time.until(
      new Promise<void>((resolve) => {
        this.#time.after(ms, resolve);
      }),
    );
  }
}

const off = (): never => {
  throw new Error('it has no power');
};

export interface ServedChargerPlace {
  readonly stage: OfflineStage;
  readonly folder: string;
  readonly evseId: string;
  readonly meterId: string;
  readonly stationId: string;
  readonly maxPowerW: bigint;
  /** The location groups that it is set up with. */
  readonly groupIds?: readonly string[];
  /** Its place on the local network of chargers. */
  readonly neighbours?: ServedNeighbours;
}

const keyOf = ({ kty, crv, x, y, d }: PrivateJwk): KeyObject =>
  createPrivateKey({ key: { kty, crv, x, y, d }, format: 'jwk' });

/** A charger without network at an outlet of the ledger's, with its meter, set up by its utility's gateway, its radio served. */
export class ServedCharger {
  readonly bay: SimulatedBay;
  readonly time = new PassedTime();
  readonly #place: ServedChargerPlace;
  readonly #own: {
    readonly identity: ChargerIdentity;
    readonly operator: Operator;
    readonly issuers: Uint8Array;
  };
  /** Where firmware comes by phones, from the next start on. */
  firmware: OfflineChargerOptions['firmware'];
  #running: { readonly url: string; stop(): Promise<void> } | undefined;
  #station: Awaited<ReturnType<typeof openOfflineStation>> | undefined;

  private constructor(
    place: ServedChargerPlace,
    own: { readonly identity: ChargerIdentity; readonly operator: Operator; readonly issuers: Uint8Array },
  ) {
    this.#place = place;
    this.#own = own;
    this.bay = new SimulatedBay({
      maxPowerW: place.maxPowerW,
      vehicle: () => new Battery({ capacityWh: 60_000n, initialWh: 6_000n, maxPowerW: 150_000n }),
      staysMs: Infinity,
      plugsInWhenAsked: false,
    });
  }

  static async setUp(place: ServedChargerPlace): Promise<ServedCharger> {
    const { duke } = place.stage;
    const keys = newKeys();
    const { x, y } = keys.key;
    const given = await duke.operator(
      'PUT',
      `${duke.gateway.url}/operator/v1/offline/chargers/${encodeURIComponent(place.evseId)}/certificate`,
      { key: { kty: 'EC', crv: 'P-256', x: base64urlOf(x), y: base64urlOf(y), kid: 'charger' } },
      chargerCertificate,
    );
    const { kid, key, readerPoint } = given.operator;
    return new ServedCharger(place, {
      identity: {
        evseId: place.evseId,
        signer: keys.signer,
        certificate: bytesOfBase64url(given.certificate),
      },
      operator: {
        ...{ kid: bytesOfBase64url(kid), key: { x: bytesOfBase64url(key.x), y: bytesOfBase64url(key.y) } },
        readerPoint: bytesOfBase64url(readerPoint),
      },
      issuers: bytesOfBase64url(given.issuers),
    });
  }

  get evseId(): string {
    return this.#place.evseId;
  }

  get radioUrl(): string {
    return (this.#running ?? off()).url;
  }

  get charger() {
    return (this.#station ?? off()).charger;
  }

  /** Power comes (back); its clock has a battery. */
  async start(): Promise<void> {
    const { folder, meterId, evseId, stationId, maxPowerW, groupIds = [], stage, neighbours } = this.#place;
    const identity = {
      ...{ stationId, utilityId: 'USDUK', keyId: 'station' },
      key: keyOf(stage.system.keys.key(stationKeyName(stationId))),
    };
    const outlet = new Outlet({
      ...{ identity, maxPowerW, bay: this.bay, clock: this.time.clock },
      meter: {
        ...{ meterId, evseId, gatewaySerial: stationId },
        key: keyOf(stage.system.keys.key(meterKeyName(meterId))),
      },
      gateway: new GatewayClient(NOWHERE, identity),
      journal: fileJournal(join(folder, 'journal')),
      ends: fileEndStore(join(folder, 'ends')),
    });
    const station = await openOfflineStation({
      ...{ suite: NODE_SUITE, identity: this.#own.identity, operator: this.#own.operator },
      ...{ groupIds, firstIssuers: this.#own.issuers, outlet, folder: join(folder, 'charger'), tickMs: 20 },
      batteryS: Math.floor(this.time.clock.nowMs() / MS_PER_S),
      uptimeMs: () => this.time.uptimeMs(),
      ...(this.firmware && { firmware: this.firmware }),
      ...(neighbours && { neighbours: neighbours.net }),
    });
    neighbours?.join(station.charger);
    const radio = await serveRadio({ charger: station.charger });
    this.#station = station;
    this.#running = {
      url: radio.url,
      stop: async () => {
        await neighbours?.close();
        await radio.close();
        station.close();
        outlet.close();
      },
    };
    this.bay.plugIn();
  }

  /** Power goes: what was not written is gone. */
  async cut(): Promise<void> {
    const stop = this.#running?.stop;
    if (stop === undefined) return;
    this.#running = this.#station = undefined;
    await stop();
    this.bay.openContactor(this.time.clock.nowMs());
  }
}
