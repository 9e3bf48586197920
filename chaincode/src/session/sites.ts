import {
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
  readonly #bound = new Set<string>();

  constructor(tx: Transaction) {
    this.#tx = tx;
  }

  /** The registered station and outlet of a quote, whatever their status. */
  async siteOf({ vun, stationId, evseId }: Quote): Promise<Site> {
    const key = `${vun}/${stationId}`;
    const station = this.#stations.get(key) ?? (await getStation(this.#tx, vun, stationId));
    this.#stations.set(key, station);
    const evse =
      station.evses.find((candidate) => candidate.evseId === evseId) ??
      refuse('NOT_FOUND', `station ${stationId} has no outlet ${evseId}`);
    return { station, evse };
  }

  /** The quoted tariff version, published by the visited utility itself. */
  async tariffOf({ vun, tariffId, tariffVersion }: Quote): Promise<TariffRecord> {
    const key = stateKey.tariff(tariffId, tariffVersion);
    const tariff = this.#tariffs.get(key) ?? (await this.#tx.get(tariffRecord, key));
    this.#tariffs.set(key, tariff);
    ensure(tariff.utilityId === vun, 'OUTSIDE_AGREEMENT', `${tariffId} is no tariff of ${vun}`);
    return tariff;
  }

  /** Refuses a tariff version that is not bound under the agreement. */
  async requireBound({ agreementId, tariffId, tariffVersion }: Quote): Promise<void> {
    const key = stateKey.tariffBinding(agreementId, tariffId, tariffVersion);
    if (this.#bound.has(key)) return;
    const binding = await this.#tx.find(tariffBindingRecord, key);
    ensure(
      binding !== undefined,
      'OUTSIDE_AGREEMENT',
      `version ${tariffVersion} of ${tariffId} is not bound under ${agreementId}`,
    );
    this.#bound.add(key);
  }
}
