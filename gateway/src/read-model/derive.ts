import {
  agreementRecord,
  agreementTerms,
  bodyHash,
  chunkSpan,
  computeCdr,
  demandChunkRecord,
  gridInputOf,
  outletAt,
  parseSettled,
  SettledMalformed,
  signingMeterKey,
  stateKey,
  stationRecord,
  tariffRecord,
  type AgreementTerms,
  type Cdr,
  type DemandChunkRecord,
  type GridInput,
  type MeteredBy,
  type Quote,
  type Settled,
  type StationRecord,
} from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import type { BlockChanges, SettledBatch } from './changes.ts';
import { RecordUnreadable } from './collect.ts';

/** A settled session with the record that nobody carries: derived here from what the contract derived it from. */
export interface DerivedSession {
  readonly batchId: string;
  readonly laneId: string;
  readonly index: number;
  readonly settled: Settled;
  readonly text: string;
  /** Text of the way to its opening. */
  readonly way: string;
  readonly cdr: Cdr;
}

const settledOf = (batchId: string, text: string): Settled => {
  try {
    return parseSettled(text);
  } catch (thrown) {
    if (thrown instanceof SettledMalformed) throw new RecordUnreadable(`batch ${batchId}: ${thrown.message}`);
    throw thrown;
  }
};

const spanOf = ({ close: { readings } }: Settled) => ({
  startMs: readings[0]?.atMs ?? 0,
  endMs: readings.at(-1)?.atMs ?? 0,
});

/** What one batch was computed from, as it stood before its transaction: the rows, and the block's own changes so far. */
class Ground {
  readonly #trx: Transaction<GatewayDb>;
  readonly #changes: BlockChanges;
  readonly #tariffs = new Map<string, string>();
  readonly #stations = new Map<string, StationRecord>();

  constructor(trx: Transaction<GatewayDb>, changes: BlockChanges) {
    this.#trx = trx;
    this.#changes = changes;
  }

  /** Terms whose hash the agreement bore. */
  async termsOf({ batch: { agreementId }, agreement }: SettledBatch): Promise<AgreementTerms> {
    const record = agreement ?? (await this.#agreement(agreementId));
    const inBlock = [...this.#changes.terms.values()].map(({ body }) => body.text);
    const rows = await this.#trx
      .selectFrom('terms')
      .select('body')
      .where('agreement_id', '=', agreementId)
      .execute();
    const text = [...inBlock, ...rows.map(({ body }) => body)].find(
      (each) => bodyHash(each) === record.termsHash,
    );
    if (text === undefined) throw new RecordUnreadable(`the terms of ${agreementId} are not here`);
    return agreementTerms.parse(JSON.parse(text));
  }

  async #agreement(agreementId: string) {
    const row = await this.#trx
      .selectFrom('agreement')
      .select('record')
      .where('agreement_id', '=', agreementId)
      .executeTakeFirst();
    if (row === undefined) throw new RecordUnreadable(`agreement ${agreementId} is not here`);
    return agreementRecord.parse(row.record);
  }

  /** A version never changes, so it does not matter when it came. */
  async tariffOf({ tariffId, tariffVersion }: Quote): Promise<string> {
    const key = stateKey.tariff(tariffId, tariffVersion);
    const known = this.#tariffs.get(key) ?? this.#changes.tariffs.get(key)?.tariffJson;
    if (known !== undefined) return known;
    const row = await this.#trx
      .selectFrom('tariff')
      .select('record')
      .where('tariff_id', '=', tariffId)
      .where('version', '=', tariffVersion)
      .executeTakeFirst();
    if (row === undefined) throw new RecordUnreadable(`version ${tariffVersion} of ${tariffId} is not here`);
    const { tariffJson } = tariffRecord.parse(row.record);
    this.#tariffs.set(key, tariffJson);
    return tariffJson;
  }

  /** By the registered key that the contract verified the end with: keys are dated, so a later version says the same. */
  async meteredBy({ open: { quote, openedAtMs }, close }: Settled): Promise<MeteredBy> {
    const station = await this.#station(quote);
    const outlet = outletAt(station, quote.evseId, openedAtMs);
    const key = signingMeterKey(close.statement, outlet?.meterKeys ?? [], openedAtMs);
    if (key === undefined)
      throw new RecordUnreadable(`no meter key of ${quote.evseId} signed ${quote.sessionId}`);
    return key.signedBy;
  }

  async #station({ vun, stationId }: Quote): Promise<StationRecord> {
    const key = stateKey.station(vun, stationId);
    const known = this.#stations.get(key) ?? this.#changes.stations.get(key);
    if (known !== undefined) return known;
    const row = await this.#trx
      .selectFrom('station')
      .select('record')
      .where('utility_id', '=', vun)
      .where('station_id', '=', stationId)
      .executeTakeFirst();
    if (row === undefined) throw new RecordUnreadable(`station ${stationId} of ${vun} is not here`);
    const record = stationRecord.parse(row.record);
    this.#stations.set(key, record);
    return record;
  }

  /** Demand that may move the prices of a batch's sessions, each session's own part of it. */
  async gridOf(
    terms: AgreementTerms,
    { demandChunks }: SettledBatch,
    sessions: readonly Settled[],
  ): Promise<(session: Settled) => GridInput | undefined> {
    const { adaptation } = terms;
    if (adaptation === undefined) return () => undefined;
    const spans = sessions.map(spanOf).map(({ startMs, endMs }) => chunkSpan(adaptation, startMs, endMs));
    const fromMs = spans.reduce((least, span) => Math.min(least, span.fromMs), Infinity);
    const untilMs = spans.reduce((most, span) => Math.max(most, span.untilMs), 0);
    const chunks = this.#changes.demand.slice(0, demandChunks);
    for (const { utilityId, areaId } of adaptation.sources) {
      const rows = await this.#trx
        .selectFrom('demand_chunk')
        .select('record')
        .where('utility_id', '=', utilityId)
        .where('area_id', '=', areaId)
        .where('first_at_ms', '>=', BigInt(fromMs))
        .where('first_at_ms', '<', BigInt(untilMs))
        .execute();
      chunks.push(...rows.map(({ record }) => demandChunkRecord.parse(record)));
    }
    return (session) => {
      const { startMs, endMs } = spanOf(session);
      const span = chunkSpan(adaptation, startMs, endMs);
      const isWithin = ({ readings: [first] }: DemandChunkRecord): boolean =>
        first !== undefined && span.fromMs <= first.atMs && first.atMs < span.untilMs;
      return gridInputOf(terms, chunks.filter(isWithin));
    };
  }
}

const deriveBatch = async (ground: Ground, settledBatch: SettledBatch): Promise<DerivedSession[]> => {
  const { batch, texts, ways } = settledBatch;
  const { batchId, laneId, fromSequence } = batch;
  const sessions = texts.map((text) => settledOf(batchId, text));
  const terms = await ground.termsOf(settledBatch);
  const gridOf = await ground.gridOf(terms, settledBatch, sessions);
  const derived: DerivedSession[] = [];
  for (const [index, settled] of sessions.entries()) {
    const { open, close, text } = settled;
    const grid = gridOf(settled);
    const computed = computeCdr({
      laneSequence: fromSequence + index,
      quote: open.quote,
      readings: close.readings,
      tariffJson: await ground.tariffOf(open.quote),
      terms,
      endReason: close.endReason,
      meteredBy: await ground.meteredBy(settled),
      ...(grid && { grid }),
    });
    if (!computed.ok)
      throw new RecordUnreadable(`${open.sessionId}: ${computed.error.code}: ${computed.error.message}`);
    derived.push({ batchId, laneId, index, settled, text, way: ways[index] ?? '', cdr: computed.value });
  }
  return derived;
};

/** Records of the sessions that a block settled. To be asked before the block's own rows are written. */
export const deriveSettled = async (
  trx: Transaction<GatewayDb>,
  changes: BlockChanges,
): Promise<readonly DerivedSession[]> => {
  const ground = new Ground(trx, changes);
  const derived: DerivedSession[] = [];
  for (const batch of changes.settled) derived.push(...(await deriveBatch(ground, batch)));
  return derived;
};
