/** What the channel's state says about chaincodes and collections, cached until `_lifecycle` changes. */
import type { StateDb } from '../ledger/state-db.ts';
import type { PolicyCompiler } from '../policy/application-policy.ts';
import type { Principal } from '../policy/evaluate.ts';
import { implicitCollection, implicitCollectionOwner, LIFECYCLE, readDefinition } from './definition.ts';
import type { ChaincodeDefinition, Collection } from './definition.ts';

export class DefinitionRegistry {
  readonly #state: StateDb;
  readonly #mspIds: readonly string[];
  readonly #policies: PolicyCompiler;
  #cache = new Map<string, ChaincodeDefinition | undefined>();

  constructor(state: StateDb, mspIds: readonly string[], policies: PolicyCompiler) {
    this.#state = state;
    this.#mspIds = mspIds;
    this.#policies = policies;
  }

  /** To be called when a block wrote to `_lifecycle`. */
  forget(): void {
    this.#cache = new Map();
  }

  definition(name: string): ChaincodeDefinition | undefined {
    if (!this.#cache.has(name)) {
      const read = (key: string): Uint8Array | undefined => this.#state.get(LIFECYCLE, key)?.value;
      this.#cache.set(name, readDefinition(name, read));
    }
    return this.#cache.get(name);
  }

  /** A collection of a chaincode, implicit ones included; undefined when there is none of that name. */
  collection(chaincode: string, name: string): Collection | undefined {
    const definition = this.definition(chaincode);
    if (definition === undefined) return undefined;
    const owner = implicitCollectionOwner(name);
    if (owner === undefined) return definition.collections.get(name);
    return this.#mspIds.includes(owner) ? implicitCollection(owner) : undefined;
  }

  isMember(collection: Collection, identity: Principal): boolean {
    return this.#policies.signature(collection.memberPolicy)([identity]);
  }

  /** True when a peer of the organisation keeps the collection's data. */
  holds(mspId: string, chaincode: string, collection: string): boolean {
    const found = this.collection(chaincode, collection);
    return found !== undefined && this.isMember(found, { mspId, role: 'peer' });
  }
}
