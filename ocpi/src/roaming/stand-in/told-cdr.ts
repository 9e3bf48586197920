import { createPublicKey } from 'node:crypto';
import { formatDecimal, rationalToDecimal } from '@roamgrid/domain';
import {
  ocmfText,
  parseJsonKeepingNumbers,
  signingMeterKey,
  type Cdr,
  type RecordedReading,
  type Settled,
  type StationRecord,
} from '@roamgrid/wire';
import { isTree, type JsonTree } from '../../objects/read.ts';
import { dateTimeOf, numberOf, type OcpiNumber } from '../../objects/scalars.ts';
import type { Party } from '../../partners/ask.ts';
import { authorisedBy, placedAt, type PartnersYes } from './common-facts.ts';
import type { ShownOutlet } from './own-outlet.ts';

/** All that a session's record for a partner is made of. */
export interface ToldSession {
  readonly cdr: Cdr;
  readonly settled: Settled;
  readonly station: StationRecord;
  /** Of the version that was quoted. */
  readonly tariffJson: string;
  /** The partner's own token. */
  readonly token: JsonTree;
  /** The partner's yes to this session, where it was asked. */
  readonly yes: PartnersYes | undefined;
  readonly outlet: ShownOutlet;
  readonly self: Party;
  readonly nowMs: number;
}

/** Of a record, with the close that it was computed from. */
export type Recorded = Pick<ToldSession, 'cdr' | 'settled' | 'station'>;

const MS_PER_HOUR = 3_600_000n;
/** Of periods, whose sum is rounded once; totals have what a rating anew states. */
const PERIOD_PLACES = 9;
const TOTAL_PLACES = 6;

const kWh = (milliWh: bigint): OcpiNumber => numberOf(formatDecimal(milliWh, 6));
const hours = (ms: number, places = TOTAL_PLACES): OcpiNumber =>
  numberOf(rationalToDecimal({ n: BigInt(ms), d: MS_PER_HOUR }, places));
const money = (micros: bigint): OcpiNumber => numberOf(formatDecimal(micros, 6));

/** Spec: OCPI 2.2.1 mod_cdrs ChargingPeriod: what was used from one reading to the next. */
const periodsOf = (readings: readonly RecordedReading[]): readonly JsonTree[] =>
  readings.slice(0, -1).map((from, at) => {
    const to = readings[at + 1] ?? from;
    return {
      start_date_time: dateTimeOf(from.atMs),
      dimensions: [
        { type: 'ENERGY', volume: kWh(to.registerMilliWh - from.registerMilliWh) },
        { type: from.charging ? 'TIME' : 'PARKING_TIME', volume: hours(to.atMs - from.atMs, PERIOD_PLACES) },
      ],
    };
  });

/** What the register moved by, to the milliwatt-hour. */
const usedMilliWh = (readings: readonly RecordedReading[]): bigint =>
  (readings.at(-1)?.registerMilliWh ?? 0n) - (readings.at(0)?.registerMilliWh ?? 0n);

const parkedMs = (readings: readonly RecordedReading[]): number =>
  readings
    .slice(0, -1)
    .reduce(
      (sum, from, at) => sum + (from.charging ? 0 : (readings[at + 1]?.atMs ?? from.atMs) - from.atMs),
      0,
    );

/** The statement in OCMF's own text: written anew where the ledger keeps its facts. */
const ocmfOf = ({ open, close }: Settled): readonly (readonly [nature: string, text: string])[] => {
  const { statement, readings, sessionId } = close;
  if (statement.form === 'ocmf')
    return [
      ...(statement.start === undefined ? [] : [['Start', statement.start] as const]),
      ['End', statement.end] as const,
    ];
  const ends = [
    ['B', readings.at(0)],
    ['E', readings.at(-1)],
  ] as const;
  const { gateway, meter, page, tariffText, signature } = statement;
  const facts = {
    gateway,
    meter,
    page,
    evseId: open.quote.evseId,
    sessionId,
    ...(tariffText !== undefined && { tariffText }),
    readings: ends.flatMap(([transaction, reading]) =>
      reading === undefined
        ? []
        : [
            {
              atMs: reading.atMs,
              sync: reading.clock ?? ('S' as const),
              transaction,
              registerMilliWh: reading.registerMilliWh,
              ...(reading.errorFlags && { errorFlags: reading.errorFlags }),
            },
          ],
    ),
  };
  return [['End', ocmfText(facts, Buffer.from(signature, 'base64'))]];
};

/** Spec: OCPI 2.2.1 mod_cdrs SignedData. */
const signedDataOf = ({ settled, station }: Recorded): JsonTree => {
  const { evseId } = settled.open.quote;
  const keys = station.evses.find((evse) => evse.evseId === evseId)?.meterKeys ?? [];
  const key = signingMeterKey(settled.close.statement, keys, settled.open.openedAtMs);
  const der =
    key && createPublicKey({ key: { ...key }, format: 'jwk' }).export({ type: 'spki', format: 'der' });
  return {
    encoding_method: 'OCMF',
    ...(der && { public_key: der.toString('hex') }),
    signed_values: ocmfOf(settled).map(([nature, text]) => ({
      nature,
      plain_data: text.split('|')[1] ?? '',
      signed_data: text,
    })),
  };
};

/** The quoted tariff, complete as an object of OCPI. */
const tariffOf = ({ cdr, tariffJson }: ToldSession): JsonTree => {
  const parsed = parseJsonKeepingNumbers(tariffJson);
  const tariff = parsed.ok && isTree(parsed.value) ? parsed.value : {};
  return {
    country_code: cdr.vun.slice(0, 2),
    party_id: cdr.vun.slice(2),
    last_updated: dateTimeOf(cdr.startMs),
    ...tariff,
    id: tariff['id'] ?? cdr.tariffId,
  };
};

const pick = (from: JsonTree, ...fields: readonly string[]): JsonTree =>
  Object.fromEntries(
    fields.flatMap((field) => ((from[field] ?? null) === null ? [] : [[field, from[field]]])),
  );

const cut = (value: unknown, longest: number): string =>
  typeof value === 'string' ? value.slice(0, longest) : '';

/** When, how much and what it costs: what a session and its CDR say alike. */
const chargedOf = ({ cdr, settled }: Pick<Recorded, 'cdr' | 'settled'>): JsonTree => ({
  start_date_time: dateTimeOf(cdr.startMs),
  end_date_time: dateTimeOf(cdr.endMs),
  ...(settled.close.statement.form === 'facts' && { meter_id: settled.close.statement.meter.serial }),
  currency: cdr.currency,
  charging_periods: periodsOf(settled.close.readings),
  total_cost: { excl_vat: money(cdr.netMicros), incl_vat: money(cdr.totalMicros) },
});

/** All that a CDR says by the record; `breakdown` and `metered_by` are ours. */
export const recordOf = (of: Recorded): JsonTree => {
  const { cdr, settled } = of;
  const { readings } = settled.close;
  return {
    ...chargedOf(of),
    signed_data: signedDataOf(of),
    total_energy: kWh(usedMilliWh(readings)),
    total_time: hours(cdr.endMs - cdr.startMs),
    total_parking_time: hours(parkedMs(readings)),
    metered_by: cdr.meteredBy,
    breakdown: cdr.lines.map(({ kind, element, quantity, unit, unitPrice, amountMicros, taxMicros }) => ({
      type: kind,
      ...(element !== undefined && { element: numberOf(element.toString()) }),
      quantity,
      unit,
      unit_price: unitPrice,
      amount: money(amountMicros),
      tax: money(taxMicros),
    })),
  };
};

/** What a session and its CDR say alike. */
const commonOf = (told: ToldSession): JsonTree => {
  const { token, yes, self, nowMs } = told;
  return {
    country_code: self.country,
    party_id: self.party,
    ...chargedOf(told),
    ...authorisedBy(token, yes),
    last_updated: dateTimeOf(nowMs),
  };
};

/** Spec: OCPI 2.2.1 mod_sessions Session, as the door keeps its own: when it is over. */
export const sessionToTell = (told: ToldSession): JsonTree => {
  const { cdr, settled, outlet } = told;
  return {
    ...commonOf(told),
    id: cdr.sessionId,
    kwh: kWh(usedMilliWh(settled.close.readings)),
    ...placedAt(outlet),
    status: 'COMPLETED',
  };
};

/** Spec: OCPI 2.2.1 mod_cdrs CDR. */
export const cdrToTell = (told: ToldSession): JsonTree => {
  const { cdr, outlet } = told;
  const { location, evse, connector } = outlet;
  return {
    ...commonOf(told),
    id: cdr.sessionId,
    session_id: cdr.sessionId,
    cdr_location: {
      ...pick(location, 'id', 'name', 'postal_code', 'country', 'coordinates'),
      address: cut(location['address'], 45),
      city: location['city'],
      evse_uid: evse['uid'],
      evse_id: evse['evse_id'],
      connector_id: connector['id'],
      connector_standard: connector['standard'],
      connector_format: connector['format'],
      connector_power_type: connector['power_type'],
    },
    tariffs: [tariffOf(told)],
    ...recordOf(told),
  };
};
