import {
  outletAt,
  stateKey,
  tariffBindingRecord,
  tariffRecord,
  type Quote,
  type StationRecord,
  type TariffRecord,
} from '@roamgrid/wire';
import { ensure, refuse, type Transaction } from '../context/index.ts';
import { getStation } from '../consortium/registry.ts';

type Evse = StationRecord['evses'][number];

/** Where a session charges. */
export interface Site {
  readonly station: StationRecord;
  readonly evse: Evse;
}

/** Reads of stations and tariffs that the sessions of one batch share: each record once a transaction. */
export class Sites {
  readonly #tx: Transaction;
  readonly #stations = new Map<string, StationRecord>();
  readonly #tariffs = new Map<string, TariffRecord>();
  readonly #bound = new Map<string, boolean>();

  constructor(tx: Transaction) {
    this.#tx = tx;
  }

  /** The station and outlet of a quote as they stood at an instant, whatever became of them since. */
  async siteOf({ vun, stationId, evseId }: Quote, atMs: number): Promise<Site> {
    const key = `${vun}/${stationId}`;
    const station = this.#stations.get(key) ?? (await getStation(this.#tx, vun, stationId));
    this.#stations.set(key, station);
    const evse =
      outletAt(station, evseId, atMs) ??
      refuse('NOT_FOUND', `station ${stationId} had no outlet ${evseId} then`);
    return { station, evse };
  }

  /** The quoted tariff version, published by the visited utility itself. */
  async tariffOf({ vun, tariffId, tariffVersion }: Quote): Promise<TariffRecord> {
    const key = stateKey.tariff(tariffId, tariffVersion);
    const tariff = this.#tariffs.get(key) ?? (await this.#tx.getOften(tariffRecord, key));
    this.#tariffs.set(key, tariff);
    ensure(tariff.utilityId === vun, 'OUTSIDE_AGREEMENT', `${tariffId} is no tariff of ${vun}`);
    return tariff;
  }

  /** Whether a tariff version is bound under the agreement. */
  async isBound({ agreementId, tariffId, tariffVersion }: Quote): Promise<boolean> {
    const key = stateKey.tariffBinding(agreementId, tariffId, tariffVersion);
    const known = this.#bound.get(key);
    if (known !== undefined) return known;
    const bound = (await this.#tx.findOften(tariffBindingRecord, key)) !== undefined;
    this.#bound.set(key, bound);
    return bound;
  }
}
