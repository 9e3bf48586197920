import { hexOf, utf8 } from '../../bytes.ts';
import { hold } from '../../failure.ts';
import type { JsonObject } from '../../json.ts';
import type { Primitives } from '../../primitives.ts';
import { keyOf } from '../../session/records.ts';
import { text } from '../../shape.ts';
import type { Records } from '../step.ts';
import type { Keys } from '../world.ts';

/**
 * Whose bodies are given, and which of its own are not. A party keeps each body in the collection of its organisation, whose hashes
 * the ledger has; when it purges one, the hash goes too. So of a body that is missing the ledger says whether it may be.
 */
export class Owner {
  readonly #primitives: Primitives;
  readonly #utilityId: string;
  readonly #records: Records;
  readonly #collectionOf: (mspId: string) => Keys;
  readonly #missing: string[] = [];

  /** @param collectionOf hashes of what an organisation keeps */
  constructor(
    primitives: Primitives,
    utilityId: string,
    records: Records,
    collectionOf: (mspId: string) => Keys,
  ) {
    this.#primitives = primitives;
    this.#utilityId = utilityId;
    this.#records = records;
    this.#collectionOf = collectionOf;
  }

  /** Whether a body has to be given when there is one. @throws Failed for a body of others */
  isToShow(key: string, { vun, hun }: JsonObject, isGiven: boolean): boolean {
    const isParty = vun === this.#utilityId || hun === this.#utilityId;
    hold(isParty || !isGiven, `${key}: its bodies are given, and ${this.#utilityId} is no party of it`);
    return isParty;
  }

  /** Bodies lie in the collection under the key of their record. */
  #isKept(key: string): boolean {
    const { mspId } = this.#records.get(keyOf.utility(this.#utilityId));
    const hash = hexOf(this.#primitives.sha256(utf8(key)));
    return this.#collectionOf(text(mspId, 'an organisation')).get(hash) !== undefined;
  }

  /** Bodies that are not given. @throws Failed when they were never the owner's */
  miss(key: string): void {
    hold(this.#isKept(key), `${key}: its bodies were not written for ${this.#utilityId}`);
    this.#missing.push(key);
  }

  /** That what is missing was purged; gives how many bodies were. @throws Failed */
  requirePurged(): number {
    for (const key of this.#missing)
      hold(!this.#isKept(key), `${key}: its bodies are missing, and ${this.#utilityId} never purged them`);
    return this.#missing.length;
  }
}
