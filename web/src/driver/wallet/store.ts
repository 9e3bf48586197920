import { done } from '../../shared/indexed.ts';
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

/** What this browser keeps of the wallet, so that it is there with the network off (IndexedDB). */

/** The key of this phone for one customer: scripts can use it and cannot read it. */
export interface KeptKey {
  readonly owner: string;
  readonly phoneId: string;
  readonly pair: CryptoKeyPair;
}

interface Kept {
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

const DATABASE = 'roamgrid-wallet';
/** 1 had keys, tokens and what was said of the account alone; 2 kept words in another shape; 3 had no `credit`. What is on the shelves that stay is as it was. */
const VERSION = 4;
/** By what a thing is found again. */
const ID: { readonly [S in Shelf]: keyof Kept[S] & string } = {
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
const SHELVES = Object.keys(ID) as Shelf[];

export class WalletStore {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
  }

  static async open(): Promise<WalletStore> {
    const opening = indexedDB.open(DATABASE, VERSION);
    opening.onupgradeneeded = () => {
      const { result } = opening;
      for (const shelf of [...result.objectStoreNames].filter((each) => !Object.hasOwn(ID, each)))
        result.deleteObjectStore(shelf);
      for (const shelf of SHELVES.filter((each) => !result.objectStoreNames.contains(each)))
        result.createObjectStore(shelf, { keyPath: ID[shelf] });
    };
    const database = await done(opening);
    // A later version of the app in another tab has to add its shelves.
    database.onversionchange = () => {
      database.close();
    };
    return new WalletStore(database);
  }

  all<S extends Shelf>(shelf: S): Promise<Kept[S][]> {
    return done(this.#on(shelf, 'readonly').getAll() as IDBRequest<Kept[S][]>);
  }

  find<S extends Shelf>(shelf: S, id: string): Promise<Kept[S] | undefined> {
    return done(this.#on(shelf, 'readonly').get(id) as IDBRequest<Kept[S] | undefined>);
  }

  /** Fulfilled once it is on the disk: a charger forgets what a phone says that it has. */
  keep<S extends Shelf>(shelf: S, thing: Kept[S]): Promise<void> {
    return this.#write(shelf, (on) => on.put(thing));
  }

  /** Keeps what nobody kept under its id, the same way. @returns false when somebody did: that stays */
  add<S extends Shelf>(shelf: S, thing: Kept[S]): Promise<boolean> {
    return this.#write(shelf, (on) => on.add(thing)).then(
      () => true,
      (error: unknown) => {
        if (error instanceof DOMException && error.name === 'ConstraintError') return false;
        throw error;
      },
    );
  }

  async #write(shelf: Shelf, change: (on: IDBObjectStore) => IDBRequest): Promise<void> {
    const transaction = this.#database.transaction(shelf, 'readwrite', { durability: 'strict' });
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => {
        resolve();
      };
      transaction.onabort = () => {
        reject(transaction.error ?? new Error('The browser keeps nothing here.'));
      };
      change(transaction.objectStore(shelf));
    });
  }

  async forget(shelf: Shelf, id: string): Promise<void> {
    await done(this.#on(shelf, 'readwrite').delete(id));
  }

  close(): void {
    this.#database.close();
  }

  #on(shelf: Shelf, mode: IDBTransactionMode): IDBObjectStore {
    return this.#database.transaction(shelf, mode).objectStore(shelf);
  }
}

/** Asks the browser not to clear the wallet away when the disk is full; it may not listen. Spec: W3C Storage. */
export const keepForLong = async (): Promise<void> => {
  await navigator.storage.persist().catch(() => false);
};
