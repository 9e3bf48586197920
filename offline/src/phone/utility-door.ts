import type { FirmwareChunk } from '../firmware/release.ts';
import type { IssuerKey, IssuerList } from '../token/issuer-list.ts';
import { base64urlOf, bytesOfBase64url } from './base64url.ts';
import type { FirmwareLoad } from './bring-firmware.ts';
import type { ChargerLoad, WordKind } from './visit.ts';

/** What a phone that is online asks of the utility of chargers: `/offline/v1` of its gateway. */

/** Asks it. @returns the body of the answer @throws for a refusal, and when nobody answers */
export type Ask = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<unknown>;

/** What a phone has for an outlet, and whom it believes that it is one. */
export interface Fetched {
  readonly load: ChargerLoad;
  readonly members: IssuerList;
  /** A model whose firmware the charger lacks, as far as its utility has heard of it. */
  readonly firmware?: { readonly model: string; readonly version: number };
}

/** What became of records that were brought. */
export interface Brought {
  readonly records: readonly {
    readonly evseId: string;
    readonly number: number;
    readonly state: string;
    readonly code?: string;
  }[];
  readonly receipts: readonly { readonly evseId: string; readonly receipt: Uint8Array }[];
}

export interface ForUtility {
  readonly evseId: string;
  readonly number: number;
  readonly bytes: Uint8Array;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const at = (value: unknown, key: string): unknown => (isObject(value) ? value[key] : undefined);

const wrong = (what: string): never => {
  throw new Error(`the utility says ${what} that this phone does not understand`);
};
const text = (value: unknown): string => (typeof value === 'string' ? value : wrong('no text'));
const whole = (value: unknown): number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : wrong('no number');
const rows = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : wrong('no list'));
const bytes = (value: unknown): Uint8Array => bytesOfBase64url(text(value));

const WORDS: readonly Exclude<WordKind, 'issuers'>[] = ['rules', 'slots', 'unavailable', 'caps'];

const memberOf = (row: unknown): IssuerKey => ({
  ...{ utilityId: text(at(row, 'utilityId')), kid: bytes(at(row, 'kid')), revocationEpoch: 0 },
  ...{ fromS: whole(at(row, 'fromS')), untilS: whole(at(row, 'untilS')) },
  key: { x: bytes(at(at(row, 'key'), 'x')), y: bytes(at(at(row, 'key'), 'y')) },
});

const chunkOf = (row: unknown): FirmwareChunk => ({
  ...{ index: whole(at(row, 'index')), bytes: bytes(at(row, 'bytes')) },
  path: rows(at(row, 'path')).map(bytes),
});

/** Chunks in one answer. */
const CHUNKS = 16;

/** Path segments and query values: an id of an outlet has stars. */
const part = encodeURIComponent;

export const utilityDoor = (ask: Ask) => ({
  /** What is to be carried to an outlet. */
  async fetch(evseId: string): Promise<Fetched> {
    const said = await ask('GET', `/offline/v1/carried?evseId=${part(evseId)}`);
    const [issuers, receipt, firmware] = [at(said, 'issuers'), at(said, 'receipt'), at(said, 'firmware')];
    const words = WORDS.flatMap((kind) => {
      const word = at(said, kind);
      return word === undefined
        ? []
        : [{ kind, version: whole(at(word, 'version')), bytes: bytes(at(word, 'word')) }];
    });
    return {
      load: {
        words: [
          { kind: 'issuers', version: whole(at(issuers, 'version')), bytes: bytes(at(issuers, 'list')) },
          ...words,
        ],
        ...(receipt !== undefined && { receipts: [bytes(receipt)] }),
      },
      members: { version: 0, madeAtS: 0, issuers: rows(at(said, 'members')).map(memberOf) },
      ...(firmware !== undefined && {
        firmware: { model: text(at(firmware, 'model')), version: whole(at(firmware, 'version')) },
      }),
    };
  },

  /**
   * Chunks of a model's firmware from a place on, as many as a phone wants to carry: which it takes is its choice, so that many phones
   * bring different ones.
   */
  async firmware(model: string, fromIndex: number, mostChunks: number): Promise<FirmwareLoad> {
    const path = `/offline/v1/firmware/${part(model)}`;
    const said = await ask('GET', path);
    const version = whole(at(said, 'version'));
    const all = whole(at(said, 'chunks'));
    const chunks = new Map<number, FirmwareChunk>();
    const endIndex = Math.min(all, fromIndex + mostChunks);
    for (let from = fromIndex; from < endIndex; from += CHUNKS) {
      const count = Math.min(CHUNKS, endIndex - from);
      const part = await ask('GET', `${path}/${version}/chunks?from=${from}&count=${count}`);
      for (const chunk of rows(at(part, 'chunks')).map(chunkOf)) chunks.set(chunk.index, chunk);
    }
    return {
      ...{ model, version, release: bytes(at(said, 'release')) },
      keys: rows(at(said, 'keys')).map((row) => ({
        ...{ version: whole(at(row, 'version')), bytes: bytes(at(row, 'keys')) },
      })),
      chunk: (index) => chunks.get(index),
    };
  },

  /** Brings records, of whichever chargers; `leaves` are what home signed beside own tokens. At most 20 at a time. */
  async bring(records: readonly ForUtility[], leaves: readonly string[] = []): Promise<Brought> {
    const body = {
      records: records.map(({ evseId, number, bytes: sealed }) => ({
        ...{ evseId, number, sealed: base64urlOf(sealed) },
      })),
      leaves,
    };
    const said = await ask('POST', '/offline/v1/records', body);
    return {
      records: rows(at(said, 'records')).map((row) => {
        const code = at(row, 'code');
        return {
          ...{ evseId: text(at(row, 'evseId')), number: whole(at(row, 'number')) },
          ...{ state: text(at(row, 'state')), ...(code !== undefined && { code: text(code) }) },
        };
      }),
      receipts: rows(at(said, 'receipts')).map((row) => ({
        ...{ evseId: text(at(row, 'evseId')), receipt: bytes(at(row, 'receipt')) },
      })),
    };
  },

  /** Brings what a charger said of itself. @returns `taken`, or `older` when later words of it are there */
  async bringDiagnosis(evseId: string, sealed: Uint8Array): Promise<string> {
    const said = await ask('POST', '/offline/v1/diagnoses', { evseId, sealed: base64urlOf(sealed) });
    return text(at(said, 'state'));
  },

  /** Shows an own token, so that what its owner has reserved is known to be this phone's. */
  async showToken(token: Uint8Array): Promise<void> {
    await ask('POST', '/offline/v1/drivers', { token: base64urlOf(token) });
  },
});
