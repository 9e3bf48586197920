import type { Bytes } from '../bytes.ts';
import type { Policies, Policy } from '../fabric/policy.ts';
import { Message } from '../fabric/proto.ts';
import type { World } from './world.ts';

/** Whose endorsement changes need, by the definitions that the channel agreed on. Spec: Fabric `peer/lifecycle`, `peer/collection.proto`. */

/** The chaincode that keeps definitions. */
export const LIFECYCLE = '_lifecycle';
const LIFECYCLE_POLICY = '/Channel/Application/LifecycleEndorsement';
const IMPLICIT = '_implicit_org_';

/** What an organisation keeps for itself. */
export const collectionOfOrganisation = (mspId: string): string => `${IMPLICIT}${mspId}`;

interface Definition {
  readonly policy: Policy;
  /** Of a collection of its own; absent when that of the chaincode holds for it. */
  readonly collections: ReadonlyMap<string, Policy | undefined>;
}

export class Definitions {
  readonly #world: World;
  #policies: Policies;
  readonly #known = new Map<string, Definition | undefined>();

  constructor(world: World, policies: Policies) {
    this.#world = world;
    this.#policies = policies;
  }

  /** The channel has another configuration. */
  reconfigure(policies: Policies): void {
    this.#policies = policies;
    this.#known.clear();
  }

  /** Definitions changed. */
  forget(): void {
    this.#known.clear();
  }

  #field(chaincode: string, field: string): Bytes | undefined {
    const row = this.#world.of(LIFECYCLE).committed(`namespaces/fields/${chaincode}/${field}`);
    return row && new Message(row.value).bytes(2);
  }

  #definition(chaincode: string): Definition | undefined {
    if (chaincode === LIFECYCLE)
      return { policy: this.#policies.channel(LIFECYCLE_POLICY), collections: new Map() };
    if (this.#known.has(chaincode)) return this.#known.get(chaincode);
    const validation = this.#field(chaincode, 'ValidationInfo');
    const collections = new Message(this.#field(chaincode, 'Collections') ?? new Uint8Array()).messages(1);
    const found = validation && {
      policy: this.#policies.application(new Message(validation).bytes(2)),
      collections: new Map(
        collections.map((each) => {
          const own = each.message(1);
          return [own.text(1), own.has(8) ? this.#policies.application(own.bytes(8)) : undefined] as const;
        }),
      ),
    };
    this.#known.set(chaincode, found);
    return found;
  }

  /** Of the chaincode's keys that have no rule of their own; absent when there is no such chaincode. */
  policyOf(chaincode: string): Policy | undefined {
    return this.#definition(chaincode)?.policy;
  }

  /** Of a collection's keys; absent when there is no such collection. */
  collectionPolicyOf(chaincode: string, collection: string): Policy | undefined {
    const definition = this.#definition(chaincode);
    if (definition === undefined) return undefined;
    if (collection.startsWith(IMPLICIT))
      return this.#policies.ofOrganisation(collection.slice(IMPLICIT.length));
    return definition.collections.has(collection)
      ? (definition.collections.get(collection) ?? definition.policy)
      : undefined;
  }
}
