/** Application policies: a signature policy, or a reference to a policy of the channel's configuration. */
import { common, peer, msp } from '@hyperledger/fabric-protos';
import { compilePolicy, UnsupportedPolicyError } from './evaluate.ts';
import type { CompiledPolicy } from './evaluate.ts';
import { outOfOrganizations, parseSignaturePolicy } from './dsl.ts';

export const CHANNEL_ENDORSEMENT = '/Channel/Application/Endorsement';
const PEER = msp.MSPRole.MSPRoleType.PEER;

/** The smallest number that is more than half. */
export function majority(count: number): number {
  return Math.floor(count / 2) + 1;
}

export function organizationEndorsement(mspId: string): string {
  return `/Channel/Application/${mspId}/Endorsement`;
}

export function signatureApplicationPolicy(policy: common.SignaturePolicyEnvelope): Buffer {
  const message = new peer.ApplicationPolicy();
  message.setSignaturePolicy(policy);
  return Buffer.from(message.serializeBinary());
}

function referencePolicy(reference: string): Buffer {
  const message = new peer.ApplicationPolicy();
  message.setChannelConfigPolicyReference(reference);
  return Buffer.from(message.serializeBinary());
}

/** The serialised application policy of a configuration text; see `ChaincodeConfig.endorsementPolicy`. */
export function applicationPolicyOf(text: string | undefined, mspIds: readonly string[]): Buffer {
  switch (text?.trim().toLowerCase()) {
    case undefined:
    case 'majority endorsement':
      return referencePolicy(CHANNEL_ENDORSEMENT);
    case 'any endorsement':
      return signatureApplicationPolicy(outOfOrganizations(1, mspIds, PEER));
    case 'all endorsement':
      return signatureApplicationPolicy(outOfOrganizations(mspIds.length, mspIds, PEER));
    default:
      return signatureApplicationPolicy(parseSignaturePolicy(text ?? ''));
  }
}

/** Compiles serialised policies for one channel, each once. */
export class PolicyCompiler {
  readonly #mspIds: readonly string[];
  readonly #compiled = new Map<string, CompiledPolicy>();

  constructor(mspIds: readonly string[]) {
    this.#mspIds = mspIds;
  }

  /** Policy of a serialised `ApplicationPolicy`. */
  application(bytes: Uint8Array): CompiledPolicy {
    return this.#cached(`a${Buffer.from(bytes).toString('latin1')}`, () => {
      const policy = peer.ApplicationPolicy.deserializeBinary(bytes);
      const signature = policy.getSignaturePolicy();
      if (signature !== undefined) return compilePolicy(signature);
      return compilePolicy(this.#reference(policy.getChannelConfigPolicyReference()));
    });
  }

  /** Policy of a serialised `SignaturePolicyEnvelope`, the form of key-level validation parameters. */
  signature(bytes: Uint8Array): CompiledPolicy {
    return this.#cached(`s${Buffer.from(bytes).toString('latin1')}`, () =>
      compilePolicy(common.SignaturePolicyEnvelope.deserializeBinary(bytes)),
    );
  }

  #reference(reference: string): common.SignaturePolicyEnvelope {
    if (reference === CHANNEL_ENDORSEMENT) {
      return outOfOrganizations(majority(this.#mspIds.length), this.#mspIds, PEER);
    }
    const mspId = this.#mspIds.find((candidate) => organizationEndorsement(candidate) === reference);
    if (mspId !== undefined) return outOfOrganizations(1, [mspId], PEER);
    throw new UnsupportedPolicyError(`channel policy ${reference} is not modelled by the embedded peer`);
  }

  #cached(key: string, make: () => CompiledPolicy): CompiledPolicy {
    let policy = this.#compiled.get(key);
    if (policy === undefined) {
      policy = make();
      this.#compiled.set(key, policy);
    }
    return policy;
  }
}
