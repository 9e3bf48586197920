import { hexOf } from '../cbor/bytes.ts';
import { encodeCbor, isBytes, isWhole, itemsOf, type CborValue } from '../cbor/cbor.ts';
import type { Evidence } from '../handshake/charger.ts';
import type { Suite } from '../suite/suite.ts';
import type { OpenSession } from './memory.ts';
import { END_REASONS, type SessionFacts } from './outlet-port.ts';

/** What a session at a charger without network was, with what shows that its driver wanted it and what its meter signed. Spec: SECURE-3. */
export interface OfflineRecord {
  readonly evseId: string;
  readonly number: number;
  readonly bootCounter: number;
  readonly beganS: number;
  readonly endsS: number;
  readonly askedWh: bigint;
  readonly facts: SessionFacts;
  readonly evidence: Evidence;
  /** Nobody pays at its place: there is nothing to book but that it was. */
  readonly isFree?: true;
}

const FIELDS = 17;
/** Stands behind the fields of a session that nobody pays for. */
const FREE = 'free';

/** What a meter signs as its tariff's text, so that its readings are of one session: a hash of what shows who wanted it. */
export const statementText = async (
  suite: Pick<Suite, 'sha256'>,
  { token, transcript, signature }: Evidence,
): Promise<string> =>
  `roamgrid-offline ${hexOf(await suite.sha256(encodeCbor([token, transcript, signature])))}`;

export const recordOf = (
  evseId: string,
  bootCounter: number,
  open: OpenSession,
  facts: SessionFacts,
): CborValue => {
  const { evidence } = open;
  return [
    ...[evseId, open.number, bootCounter, open.beganS, open.endsS, open.mostWh],
    ...[facts.reason, facts.lastedMs, facts.energyWh, facts.registerMilliWh, facts.signed, facts.isPlugged],
    ...[[...facts.faults], facts.temperatureDeciC, facts.humidityPermille],
    evidence.token,
    [evidence.transcript, evidence.signature],
    ...(open.isFree ? [FREE] : []),
  ];
};

/** Undefined for what is no record. */
export const readRecord = (value: CborValue | undefined): OfflineRecord | undefined => {
  const items = itemsOf(value);
  const isFree = items.at(FIELDS) === FREE;
  if (items.length !== FIELDS + (isFree ? 1 : 0)) return undefined;
  const [evseId, number, bootCounter, beganS, endsS, asked, reason, lastedMs, energy] = items;
  const [register, signed, isPlugged, faults, temperatureDeciC, humidityPermille, token, proof] =
    items.slice(9);
  const why = END_REASONS.find((one) => one === reason);
  if (typeof evseId !== 'string' || !isWhole(number) || !isWhole(bootCounter) || why === undefined)
    return undefined;
  if (!isWhole(beganS) || !isWhole(endsS) || !isWhole(asked) || !isWhole(lastedMs)) return undefined;
  if (!isWhole(energy) || !isWhole(register) || typeof signed !== 'string' || typeof isPlugged !== 'boolean')
    return undefined;
  if (!isWhole(temperatureDeciC, -10_000) || !isWhole(humidityPermille) || !Array.isArray(faults))
    return undefined;
  const [transcript, signature] = itemsOf(proof);
  if (!isBytes(token) || !isBytes(transcript) || !isBytes(signature)) return undefined;
  const said = itemsOf(faults).filter((one) => typeof one === 'string');
  return {
    ...{ evseId, number, bootCounter, beganS, endsS, askedWh: BigInt(asked) },
    facts: {
      ...{ reason: why, lastedMs, energyWh: BigInt(energy), registerMilliWh: BigInt(register), signed },
      ...{ isPlugged, faults: said, temperatureDeciC, humidityPermille },
    },
    evidence: { token, transcript, signature },
    ...(isFree && { isFree }),
  };
};
