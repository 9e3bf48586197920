import { ID, type Kept, type Shelf, type WalletStore } from '@roamgrid/web/wallet';

type Shelves = { readonly [S in Shelf]: Map<string, Kept[S]> };

/** What a phone keeps, where there is no browser: it is there again when the app is opened anew. */
export class PhoneStore implements WalletStore {
  readonly #shelves: Shelves = {
    ...{ keys: new Map(), tokens: new Map(), sessions: new Map(), records: new Map(), loads: new Map() },
    ...{ diagnoses: new Map(), places: new Map(), credit: new Map(), about: new Map() },
  };

  all<S extends Shelf>(shelf: S): Promise<Kept[S][]> {
    return Promise.resolve([...this.#shelves[shelf].values()]);
  }

  find<S extends Shelf>(shelf: S, id: string): Promise<Kept[S] | undefined> {
    return Promise.resolve(this.#shelves[shelf].get(id));
  }

  keep<S extends Shelf>(shelf: S, thing: Kept[S]): Promise<void> {
    this.#shelves[shelf].set(String(thing[ID[shelf]]), thing);
    return Promise.resolve();
  }

  async add<S extends Shelf>(shelf: S, thing: Kept[S]): Promise<boolean> {
    if (this.#shelves[shelf].has(String(thing[ID[shelf]]))) return false;
    await this.keep(shelf, thing);
    return true;
  }

  forget(shelf: Shelf, id: string): Promise<void> {
    this.#shelves[shelf].delete(id);
    return Promise.resolve();
  }

  /** Nobody clears it away. */
  keepForLong(): Promise<void> {
    return Promise.resolve();
  }
}
