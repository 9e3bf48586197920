import { parseCanonical, type Json, type JsonObject } from '../json.ts';
import { readable } from '../failure.ts';
import { exactly, amount, list, object, perhaps, text, whole } from '../shape.ts';
import { readDatedKeys, type DatedKey } from '../signature.ts';

/** Public records, as far as a session is judged by them. Where each lies in the state is said by `keyOf`. */

/** The chaincode that keeps them: keys of others are others' records, whatever they are called. */
export const CHAINCODE = 'roaming';

const padded = (value: number, digits: number): string => value.toString().padStart(digits, '0');

export const keyOf = {
  utility: (id: string): string => `utility:${id}`,
  station: (utilityId: string, id: string): string => `station:${utilityId}:${id}`,
  agreement: (id: string): string => `agreement:${id}`,
  tariff: (id: string, version: number): string => `tariff:${id}:${padded(version, 8)}`,
  binding: (agreementId: string, id: string, version: number): string =>
    `binding:${agreementId}:${id}:${padded(version, 8)}`,
  opening: (laneId: string, slot: number): string => `opening:${laneId}:${padded(slot, 10)}`,
  opens: (laneId: string, range: number): string => `opens:${laneId}:${padded(range, 7)}`,
  ends: (laneId: string, range: number): string => `ends:${laneId}:${padded(range, 7)}`,
  claim: (id: string): string => `claim:${id}`,
  batch: (id: string): string => `batch:${id}`,
  invoice: (id: string): string => `invoice:${id}`,
  dispute: (id: string): string => `dispute:${id}`,
  credit: (id: string): string => `credit:${id}`,
} as const;

/** A record of a type, in its one form. @throws Unreadable */
export const recordOf = (value: string, type: string): JsonObject => {
  const record = object(parseCanonical(value, `a ${type}’s record`), `a ${type}’s record`);
  readable(record['type'] === type, `a record is no ${type}`);
  return record;
};

const untilOf = (value: Json | undefined): number =>
  value === undefined ? Infinity : whole(value, 'an end');

export interface Utility {
  readonly utilityId: string;
  readonly mspId: string;
  readonly keys: readonly DatedKey[];
  /** Keys that sign tokens for chargers without network, and nothing else. */
  readonly tokenKeys: readonly DatedKey[];
  /** Each takes back the tokens of those before. */
  readonly tokenEpochs: readonly { readonly epoch: number; readonly fromMs: number }[];
  readonly validUntilMs: number;
  readonly status: string;
  readonly statusFromMs: number;
}

export const readUtility = (value: string): Utility => {
  const record = recordOf(value, 'utility');
  return {
    utilityId: text(record['utilityId'], 'utilityId'),
    mspId: text(record['mspId'], 'mspId'),
    keys: readDatedKeys(record['signingKeys'], 'a utility’s key'),
    tokenKeys: readDatedKeys(
      list(record['offlineKeys'] ?? [], 'offline keys').filter(
        (each) => object(each, 'an offline key')['use'] === 'tokens',
      ),
      'a key for tokens',
    ),
    tokenEpochs: list(record['tokenEpochs'] ?? [], 'epochs').map((each) => {
      const { epoch, fromMs } = exactly(each, 'an epoch', ['epoch', 'fromMs']);
      return { epoch: whole(epoch, 'an epoch'), fromMs: whole(fromMs, 'an epoch’s begin') };
    }),
    validUntilMs: whole(record['validUntilMs'], 'validUntilMs'),
    status: text(record['status'], 'status'),
    statusFromMs: whole(record['statusFromMs'], 'statusFromMs'),
  };
};

export interface Outlet {
  readonly evseId: string;
  readonly meterKeys: readonly DatedKey[];
  readonly removedAtMs: number;
}

export interface Station {
  readonly stationId: string;
  readonly utilityId: string;
  readonly group: string;
  readonly placeId: string | undefined;
  readonly countryCode: string;
  readonly outlets: readonly Outlet[];
  readonly keys: readonly DatedKey[];
  readonly status: string;
  readonly statusFromMs: number;
}

export const readStation = (value: string): Station => {
  const record = recordOf(value, 'station');
  return {
    stationId: text(record['stationId'], 'stationId'),
    utilityId: text(record['utilityId'], 'utilityId'),
    group: text(record['group'], 'group'),
    placeId: perhaps(record['placeId'], 'placeId', text),
    countryCode: text(record['countryCode'], 'countryCode'),
    outlets: list(record['evses'], 'outlets').map((each) => {
      const { evseId, meterKeys, removedAtMs } = object(each, 'an outlet');
      return {
        evseId: text(evseId, 'evseId'),
        meterKeys: readDatedKeys(meterKeys, 'a meter’s key'),
        removedAtMs: untilOf(removedAtMs),
      };
    }),
    keys: readDatedKeys(record['signingKeys'], 'a station’s key'),
    status: text(record['status'], 'status'),
    statusFromMs: whole(record['statusFromMs'], 'statusFromMs'),
  };
};

export interface Agreement {
  readonly agreementId: string;
  readonly parties: readonly string[];
  readonly witness: string | undefined;
  readonly termsHash: string;
  readonly state: string;
  readonly validFromMs: number;
  readonly overAtMs: number;
  readonly signedBy: readonly string[];
}

export const readAgreement = (value: string): Agreement => {
  const record = recordOf(value, 'agreement');
  const textsOf = (name: string): readonly string[] =>
    list(record[name], name).map((each) => text(each, name));
  return {
    agreementId: text(record['agreementId'], 'agreementId'),
    parties: textsOf('parties'),
    witness: perhaps(record['witness'], 'witness', text),
    termsHash: text(record['termsHash'], 'termsHash'),
    state: text(record['state'], 'state'),
    validFromMs: whole(record['validFromMs'], 'validFromMs'),
    overAtMs: Math.min(whole(record['validUntilMs'], 'validUntilMs'), untilOf(record['endsAtMs'])),
    signedBy: textsOf('signedBy'),
  };
};

export interface TariffRecord {
  readonly utilityId: string;
  readonly json: string;
  readonly validFromMs: number;
  readonly validUntilMs: number;
  /** The place, station or outlet that it is for alone, by name. */
  readonly appliesTo: Readonly<Record<string, Json>>;
}

export const readTariffRecord = (value: string): TariffRecord => {
  const record = recordOf(value, 'tariff');
  return {
    utilityId: text(record['utilityId'], 'utilityId'),
    json: text(record['tariffJson'], 'tariffJson'),
    validFromMs: whole(record['validFromMs'], 'validFromMs'),
    validUntilMs: whole(record['validUntilMs'], 'validUntilMs'),
    appliesTo: record['appliesTo'] === undefined ? {} : object(record['appliesTo'], 'appliesTo'),
  };
};

/** Roots over sessions: openings, claims. */
export interface Commitment {
  readonly root: string;
  readonly count: number;
  readonly first: number;
  readonly bits: string;
  readonly atMs: number;
  readonly laneId: string;
  readonly agreementId: string | undefined;
}

export const readCommitment = (value: string, type: 'opening' | 'claim'): Commitment => {
  const record = recordOf(value, type);
  return {
    root: text(record['root'], 'root'),
    count: whole(record['count'], 'count'),
    first: whole(record['first'], 'first'),
    bits: text(record['bits'], 'bits'),
    atMs: whole(record['atMs'], 'atMs'),
    laneId: text(record['laneId'], 'laneId'),
    agreementId: perhaps(record['agreementId'], 'agreementId', text),
  };
};

export interface Batch {
  readonly batchId: string;
  readonly laneId: string;
  readonly vun: string;
  readonly hun: string;
  readonly agreementId: string;
  readonly fromSequence: number;
  readonly toSequence: number;
  readonly merkleRoot: string;
  readonly headerHash: string;
}

export const readBatch = (value: string): Batch => {
  const record = recordOf(value, 'batch');
  const textIn = (name: string): string => text(record[name], name);
  return {
    batchId: textIn('batchId'),
    laneId: textIn('laneId'),
    vun: textIn('vun'),
    hun: textIn('hun'),
    agreementId: textIn('agreementId'),
    fromSequence: whole(record['fromSequence'], 'fromSequence'),
    toSequence: whole(record['toSequence'], 'toSequence'),
    merkleRoot: textIn('merkleRoot'),
    headerHash: textIn('headerHash'),
  };
};

export interface DemandChunk {
  readonly utilityId: string;
  readonly areaId: string;
  readonly intervalMs: number;
  readonly recordedAtMs: number | undefined;
  readonly readings: readonly { readonly atMs: number; readonly demandW: bigint }[];
}

export const readDemand = (value: string): DemandChunk => {
  const record = recordOf(value, 'demandChunk');
  return {
    utilityId: text(record['utilityId'], 'utilityId'),
    areaId: text(record['areaId'], 'areaId'),
    intervalMs: whole(record['intervalMs'], 'intervalMs'),
    recordedAtMs: perhaps(record['recordedAtMs'], 'recordedAtMs', whole),
    readings: list(record['readings'], 'readings').map((each) => {
      const reading = object(each, 'a reading');
      return { atMs: whole(reading['atMs'], 'a reading'), demandW: amount(reading['demandW'], 'a reading') };
    }),
  };
};
