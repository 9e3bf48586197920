import type {
  About,
  KeptDiagnosis,
  KeptEntry,
  KeptLoad,
  KeptPlaces,
  KeptRecord,
  KeptSession,
  KeptToken,
} from './kept.ts';

/** What a phone keeps of the wallet, so that it is there with the network off. */

/** The key of this phone for one customer: scripts can use it and cannot read it. */
export interface KeptKey {
  readonly owner: string;
  readonly phoneId: string;
  readonly pair: CryptoKeyPair;
}

export interface Kept {
  readonly keys: KeptKey;
  readonly tokens: KeptToken;
  readonly sessions: KeptSession;
  readonly records: KeptRecord;
  readonly loads: KeptLoad;
  readonly diagnoses: KeptDiagnosis;
  readonly places: KeptPlaces;
  readonly credit: KeptEntry;
  readonly about: About;
}
export type Shelf = keyof Kept;

/** By what a thing is found again. */
export const ID: { readonly [S in Shelf]: keyof Kept[S] & string } = {
  keys: 'owner',
  tokens: 'tokenId',
  sessions: 'sessionId',
  records: 'recordId',
  loads: 'evseId',
  diagnoses: 'evseId',
  places: 'vun',
  credit: 'entryId',
  about: 'owner',
};

/** Where a phone keeps its wallet: by shelf, each thing under its own id. */
export interface WalletStore {
  all<S extends Shelf>(shelf: S): Promise<Kept[S][]>;
  find<S extends Shelf>(shelf: S, id: string): Promise<Kept[S] | undefined>;
  /** Fulfilled once it is kept for good: a charger forgets what a phone says that it has. */
  keep<S extends Shelf>(shelf: S, thing: Kept[S]): Promise<void>;
  /** Keeps what nobody kept under its id, the same way. @returns false when somebody did: that stays */
  add<S extends Shelf>(shelf: S, thing: Kept[S]): Promise<boolean>;
  forget(shelf: Shelf, id: string): Promise<void>;
  /** Asks that it is not cleared away when room is short; nobody has to listen. */
  keepForLong(): Promise<void>;
}
