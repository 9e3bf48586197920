/**
 * Endorsement policies at commit: of the chaincode, of its collections and of single keys.
 * Spec: Fabric `statebased/v20.go`, `validator_keylevel.go`, `plugindispatcher/dispatcher.go`.
 */
import { peer } from '@hyperledger/fabric-protos';
import { verifySignature } from '../identity/msp.ts';
import type { Identity, MspManager } from '../identity/msp.ts';
import type { OwnEndorsements } from '../identity/own-endorsements.ts';
import { decodeMetadata, VALIDATION_PARAMETER } from '../ledger/metadata.ts';
import { LIFECYCLE } from '../lifecycle/definition.ts';
import type { DefinitionRegistry } from '../lifecycle/registry.ts';
import { applicationPolicyOf } from '../policy/application-policy.ts';
import type { PolicyCompiler } from '../policy/application-policy.ts';
import type { NamespaceRwset } from '../simulator/rwset.ts';
import type { EndorsedAction, EndorsementSignature, ValidationCode } from './transaction.ts';
import type { BlockState } from './block-state.ts';
import { hexOf } from './tx-ops.ts';

const Code = peer.TxValidationCode;

/** Keys whose policy a transaction earlier in the block changed. */
export type ChangedPolicies = Set<string>;

export function writesTo(ns: NamespaceRwset): boolean {
  return (
    ns.writes.length > 0 ||
    ns.metadataWrites.length > 0 ||
    ns.collections.some((each) => each.writes.length > 0 || each.metadataWrites.length > 0)
  );
}

function keyId(namespace: string, collection: string, key: string): string {
  return JSON.stringify([namespace, collection, key]);
}

/** Every key that the namespace's set writes, public ones by name, private ones by the hex of their hash. */
function writtenKeys(ns: NamespaceRwset): { collection: string; key: string }[] {
  return [
    ...ns.writes.map(({ key }) => ({ collection: '', key })),
    ...ns.metadataWrites.map(({ key }) => ({ collection: '', key })),
    ...ns.collections.flatMap(({ collection, writes }) =>
      writes.map(({ keyHash }) => ({ collection, key: hexOf(keyHash) })),
    ),
    ...ns.collections.flatMap(({ collection, metadataWrites }) =>
      metadataWrites.map(({ keyHash }) => ({ collection, key: hexOf(keyHash) })),
    ),
  ];
}

export class EndorsementValidator {
  readonly #msps: MspManager;
  readonly #definitions: DefinitionRegistry;
  readonly #policies: PolicyCompiler;
  readonly #own: OwnEndorsements;
  readonly #lifecyclePolicy: Uint8Array;

  constructor(
    msps: MspManager,
    definitions: DefinitionRegistry,
    policies: PolicyCompiler,
    own: OwnEndorsements,
  ) {
    this.#msps = msps;
    this.#definitions = definitions;
    this.#policies = policies;
    this.#own = own;
    this.#lifecyclePolicy = applicationPolicyOf(undefined, msps.mspIds);
  }

  /** VALID or the code of the first rule that the action breaks. */
  validate(action: EndorsedAction, changed: ChangedPolicies, state: BlockState): ValidationCode {
    const { chaincode, event, rwset } = action;
    if (chaincode === '' || chaincode !== action.invokedChaincode) return Code.INVALID_CHAINCODE;
    if (action.chaincodeVersion === '') return Code.INVALID_CHAINCODE;
    if (event !== undefined && event.getChaincodeId() !== chaincode) return Code.INVALID_OTHER_REASON;
    if (new Set(rwset.map((ns) => ns.namespace)).size !== rwset.length) return Code.ILLEGAL_WRITESET;
    const signers = this.#signers(action.responsePayload, action.endorsements);
    const namespaces = new Set([chaincode, ...rwset.filter(writesTo).map((ns) => ns.namespace)]);
    for (const namespace of namespaces) {
      const policy =
        namespace === LIFECYCLE
          ? this.#lifecyclePolicy
          : this.#definitions.definition(namespace)?.endorsementPolicy;
      if (policy === undefined) return Code.INVALID_CHAINCODE;
      const set = rwset.find((ns) => ns.namespace === namespace);
      if (!this.#namespaceHolds(namespace, set, policy, signers, changed, state))
        return Code.ENDORSEMENT_POLICY_FAILURE;
      for (const key of set === undefined ? [] : changedPolicyKeys(set)) changed.add(key);
    }
    return Code.VALID;
  }

  /** The distinct endorsers whose signature is good; others count for nothing. */
  #signers(responsePayload: Uint8Array, endorsements: readonly EndorsementSignature[]): Identity[] {
    const signers = new Map<string, Identity>();
    for (const { endorser, signature } of endorsements) {
      const id = Buffer.from(endorser).toString('latin1');
      if (signers.has(id)) continue;
      try {
        const identity = this.#msps.deserialize(endorser);
        if (
          this.#own.includes(responsePayload, endorser, signature) ||
          verifySignature(identity, Buffer.concat([responsePayload, endorser]), signature)
        )
          signers.set(id, identity);
      } catch {
        // An endorser that no organisation of the channel issued is as good as absent.
      }
    }
    return [...signers.values()];
  }

  #namespaceHolds(
    namespace: string,
    set: NamespaceRwset | undefined,
    chaincodePolicy: Uint8Array,
    signers: readonly Identity[],
    changed: ChangedPolicies,
    state: BlockState,
  ): boolean {
    const checked = new Set<string>();
    const holds = (id: string, policy: Uint8Array): boolean => {
      if (checked.has(id)) return true;
      if (!this.#policies.application(policy)(signers)) return false;
      checked.add(id);
      return true;
    };
    let anyPolicy = false;
    for (const { collection, key } of set === undefined ? [] : writtenKeys(set)) {
      if (changed.size > 0 && changed.has(keyId(namespace, collection, key))) return false;
      anyPolicy = true;
      const own = keyPolicy(state, namespace, collection, key);
      if (own !== undefined) {
        if (!this.#policies.signature(own)(signers)) return false;
        continue;
      }
      if (collection === '') {
        if (!holds('', chaincodePolicy)) return false;
        continue;
      }
      const found = this.#definitions.collection(namespace, collection);
      if (found === undefined) return false;
      const collectionPolicy = found.endorsementPolicy;
      if (!holds(collectionPolicy === undefined ? '' : collection, collectionPolicy ?? chaincodePolicy))
        return false;
    }
    return anyPolicy || holds('', chaincodePolicy);
  }
}

function keyPolicy(state: BlockState, ns: string, collection: string, key: string): Uint8Array | undefined {
  const row =
    collection === '' ? state.get(ns, key) : state.getHashed(ns, collection, Buffer.from(key, 'hex'));
  const policy = decodeMetadata(row?.metadata).get(VALIDATION_PARAMETER);
  return policy === undefined || policy.length === 0 ? undefined : policy;
}

function changedPolicyKeys(ns: NamespaceRwset): string[] {
  return [
    ...ns.metadataWrites.map(({ key }) => keyId(ns.namespace, '', key)),
    ...ns.collections.flatMap(({ collection, metadataWrites }) =>
      metadataWrites.map(({ keyHash }) => keyId(ns.namespace, collection, hexOf(keyHash))),
    ),
  ];
}
