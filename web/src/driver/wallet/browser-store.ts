import { done } from '../../shared/indexed.ts';
import { ID, type Kept, type Shelf, type WalletStore } from './store.ts';

const DATABASE = 'roamgrid-wallet';
/** 1 had keys, tokens and what was said of the account alone; 2 kept words in another shape; 3 had no `credit`. What is on the shelves that stay is as it was. */
const VERSION = 4;
const SHELVES = Object.keys(ID) as Shelf[];

/** What this browser keeps (IndexedDB). */
export class BrowserStore implements WalletStore {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
  }

  static async open(): Promise<BrowserStore> {
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
    return new BrowserStore(database);
  }

  all<S extends Shelf>(shelf: S): Promise<Kept[S][]> {
    return done(this.#on(shelf, 'readonly').getAll() as IDBRequest<Kept[S][]>);
  }

  find<S extends Shelf>(shelf: S, id: string): Promise<Kept[S] | undefined> {
    return done(this.#on(shelf, 'readonly').get(id) as IDBRequest<Kept[S] | undefined>);
  }

  keep<S extends Shelf>(shelf: S, thing: Kept[S]): Promise<void> {
    return this.#write(shelf, (on) => on.put(thing));
  }

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

  /** The browser may not listen. Spec: W3C Storage. */
  async keepForLong(): Promise<void> {
    await navigator.storage.persist().catch(() => false);
  }

  close(): void {
    this.#database.close();
  }

  #on(shelf: Shelf, mode: IDBTransactionMode): IDBObjectStore {
    return this.#database.transaction(shelf, mode).objectStore(shelf);
  }
}
