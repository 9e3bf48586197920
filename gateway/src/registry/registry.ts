import {
  agreementRecord,
  agreementTerms,
  inForceAt,
  isBetween,
  stationRecord,
  tariffBindingRecord,
  tariffRecord,
  utilityRecord,
  type AgreementRecord,
  type AgreementTerms,
  type StationRecord,
  type TariffRecord,
  type UtilityRecord,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import type { z } from 'zod';
import type { BlockChanges } from '../read-model/changes.ts';
import { readCheckpoint } from '../read-model/reader.ts';
import type { GatewayDb } from '../store/schema.ts';

/** An active agreement with the terms that this utility's own collection holds. */
export interface ActiveAgreement {
  readonly record: AgreementRecord;
  readonly terms: AgreementTerms;
  readonly termsText: string;
}

const bindingKey = (agreementId: string, tariffId: string, version: number): string =>
  `${agreementId} ${tariffId} ${version}`;

/**
 * The read model's reference data in memory: who takes part, which stations, agreements and tariffs there are. A swipe
 * asks it several times and must not wait for SQL. It holds what the database holds, block by block.
 */
export class Registry {
  readonly #db: Kysely<GatewayDb>;
  #utilities = new Map<string, UtilityRecord>();
  #stations = new Map<string, StationRecord>();
  #agreements = new Map<string, AgreementRecord>();
  #terms = new Map<string, { readonly terms: AgreementTerms; readonly text: string }>();
  #tariffs = new Map<string, TariffRecord>();
  #bindings = new Set<string>();
  #asOfBlock = 0;

  constructor(db: Kysely<GatewayDb>) {
    this.#db = db;
  }

  /** Number of the last block that is in. */
  get asOfBlock(): number {
    return this.#asOfBlock;
  }

  /** Reads everything anew. */
  async load(): Promise<void> {
    const db = this.#db;
    const [utilities, stations, agreements, terms, tariffs, bindings, checkpoint] = await Promise.all([
      db.selectFrom('utility').select('record').execute(),
      db.selectFrom('station').select('record').execute(),
      db.selectFrom('agreement').select('record').execute(),
      db.selectFrom('terms').selectAll().execute(),
      db.selectFrom('tariff').select('record').execute(),
      db.selectFrom('tariff_binding').select('record').execute(),
      readCheckpoint(db),
    ]);
    const records = <S extends z.ZodType>(schema: S, rows: readonly { record: unknown }[]): z.output<S>[] =>
      rows.map(({ record }) => schema.parse(record));
    this.#utilities = new Map();
    this.#stations = new Map();
    this.#agreements = new Map();
    this.#tariffs = new Map();
    this.#bindings = new Set();
    for (const record of records(utilityRecord, utilities)) this.#utilities.set(record.utilityId, record);
    for (const record of records(stationRecord, stations)) this.#putStation(record);
    for (const record of records(agreementRecord, agreements))
      this.#agreements.set(record.agreementId, record);
    for (const record of records(tariffRecord, tariffs)) this.#putTariff(record);
    for (const binding of records(tariffBindingRecord, bindings)) {
      this.#bindings.add(bindingKey(binding.agreementId, binding.tariffId, binding.tariffVersion));
    }
    this.#terms = new Map(
      terms.map(({ agreement_id, version, body }) => [
        `${agreement_id} ${version}`,
        { terms: agreementTerms.parse(JSON.parse(body)), text: body },
      ]),
    );
    this.#asOfBlock = Math.max(0, Number(checkpoint.nextBlock) - 1);
  }

  /** Takes over a block that has just been written to the database. */
  apply(changes: BlockChanges): void {
    for (const record of changes.utilities.values()) this.#utilities.set(record.utilityId, record);
    for (const record of changes.stations.values()) this.#putStation(record);
    for (const record of changes.agreements.values()) this.#agreements.set(record.agreementId, record);
    for (const { version, body } of changes.terms.values()) {
      this.#terms.set(`${body.value.agreementId} ${version}`, { terms: body.value, text: body.text });
    }
    for (const record of changes.tariffs.values()) this.#putTariff(record);
    for (const binding of changes.bindings.values()) {
      this.#bindings.add(bindingKey(binding.agreementId, binding.tariffId, binding.tariffVersion));
    }
    this.#asOfBlock = Number(changes.block.number);
  }

  #putStation(record: StationRecord): void {
    this.#stations.set(`${record.utilityId} ${record.stationId}`, record);
  }

  #putTariff(record: TariffRecord): void {
    this.#tariffs.set(`${record.tariffId} ${record.version}`, record);
  }

  utility(utilityId: string): UtilityRecord | undefined {
    return this.#utilities.get(utilityId);
  }

  utilities(): readonly UtilityRecord[] {
    return [...this.#utilities.values()];
  }

  stations(): readonly StationRecord[] {
    return [...this.#stations.values()];
  }

  agreements(): readonly AgreementRecord[] {
    return [...this.#agreements.values()];
  }

  station(utilityId: string, stationId: string): StationRecord | undefined {
    return this.#stations.get(`${utilityId} ${stationId}`);
  }

  agreement(agreementId: string): AgreementRecord | undefined {
    return this.#agreements.get(agreementId);
  }

  /** Terms of an agreement's version, when this organisation holds them. */
  terms(agreementId: string, version: number): { terms: AgreementTerms; text: string } | undefined {
    return this.#terms.get(`${agreementId} ${version}`);
  }

  /** The agreement in force between two utilities, or of one with itself, the one that begins last when there are several. */
  activeAgreement(one: string, other: string, nowMs: number): ActiveAgreement | undefined {
    let found: ActiveAgreement | undefined;
    for (const record of this.#agreements.values()) {
      if (!inForceAt(record, nowMs) || !isBetween(record, one, other)) continue;
      const body = this.terms(record.agreementId, record.version);
      if (body === undefined) continue;
      if (found === undefined || record.validFromMs > found.record.validFromMs) {
        found = { record, terms: body.terms, termsText: body.text };
      }
    }
    return found;
  }

  /** Other utilities with which one has an agreement in force. */
  partnersOf(utilityId: string, nowMs: number): ReadonlySet<string> {
    const inForce = [...this.#agreements.values()].filter(
      (record) => record.parties.includes(utilityId) && inForceAt(record, nowMs),
    );
    return new Set(inForce.flatMap(({ parties }) => parties).filter((party) => party !== utilityId));
  }

  tariff(tariffId: string, version: number): TariffRecord | undefined {
    return this.#tariffs.get(`${tariffId} ${version}`);
  }

  isBound(agreementId: string, tariff: TariffRecord): boolean {
    return this.#bindings.has(bindingKey(agreementId, tariff.tariffId, tariff.version));
  }

  /** A utility's tariffs in force at an instant, the newest first. */
  currentTariffs(utilityId: string, nowMs: number): readonly TariffRecord[] {
    return [...this.#tariffs.values()]
      .filter(
        (tariff) =>
          tariff.utilityId === utilityId && tariff.validFromMs <= nowMs && nowMs < tariff.validUntilMs,
      )
      .sort((a, b) => b.validFromMs - a.validFromMs || b.version - a.version);
  }
}
