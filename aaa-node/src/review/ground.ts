import { chunkSpan, gridInputOf, type AgreementTerms, type DemandChunkRecord } from '@roamgrid/wire';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import { kitError } from '@roamgrid/service-kit';
import type { GatewayClient } from '../gateway/client.ts';
import { endsOf, type RecordGround, type ReviewedRecord } from './record.ts';

export interface GroundContext {
  readonly gateway: Pick<GatewayClient, 'agreement' | 'tariff' | 'demandUnder'>;
  readonly registry: Pick<IssuerRegistry, 'station'>;
  readonly nowMs: () => number;
}

const gridOf = (
  terms: AgreementTerms,
  chunks: readonly DemandChunkRecord[],
  record: ReviewedRecord,
): RecordGround['grid'] => {
  const { adaptation } = terms;
  if (adaptation === undefined) return undefined;
  const [first, last] = endsOf(record);
  const { fromMs, untilMs } = chunkSpan(adaptation, first.atMs, last.atMs);
  return gridInputOf(
    terms,
    chunks.filter(
      ({ readings: [reading] }) => reading !== undefined && fromMs <= reading.atMs && reading.atMs < untilMs,
    ),
  );
};

/**
 * What the ledger holds around records of one agreement, each thing asked for once.
 * @throws ServiceError UNAVAILABLE when the own gateway gives no usable answer.
 */
export const readGround = async (
  { gateway, registry, nowMs }: GroundContext,
  agreementId: string,
  records: readonly ReviewedRecord[],
): Promise<(record: ReviewedRecord) => RecordGround> => {
  const { agreement, terms } = await gateway.agreement(agreementId);
  const ends = records.map(endsOf);
  const chunks =
    terms.adaptation === undefined || ends.length === 0
      ? []
      : (
          await gateway.demandUnder(
            agreementId,
            ends.reduce((least, [{ atMs }]) => Math.min(least, atMs), Number.MAX_SAFE_INTEGER),
            ends.reduce((most, [, { atMs }]) => Math.max(most, atMs), 0),
          )
        ).chunks;
  const stations = new Map<string, RecordGround['station']>();
  const tariffs = new Map<string, string>();
  for (const { cdr, settled } of records) {
    const { stationId, tariffId, tariffVersion } = settled.open.quote;
    if (!stations.has(stationId)) {
      const station = await registry.station(cdr.vun, stationId);
      if (station === undefined)
        throw kitError('UNAVAILABLE', `the registry has no station ${stationId} yet`);
      stations.set(stationId, station);
    }
    const version = `${tariffId} ${tariffVersion}`;
    if (!tariffs.has(version))
      tariffs.set(version, (await gateway.tariff(tariffId, tariffVersion)).tariff.tariffJson);
  }
  const now = nowMs();
  return (record) => {
    const { stationId, tariffId, tariffVersion } = record.settled.open.quote;
    const station = stations.get(stationId);
    const tariffJson = tariffs.get(`${tariffId} ${tariffVersion}`);
    if (station === undefined || tariffJson === undefined)
      throw new Error(`${record.cdr.sessionId} is not among the records that the ground was read for`);
    const grid = gridOf(terms, chunks, record);
    return { agreement, terms, station, tariffJson, nowMs: now, ...(grid && { grid }) };
  };
};
