/**
 * Which policies a simulated transaction will have to satisfy, so that the gateway can find the endorsers.
 * Spec: Fabric `endorser.go` buildChaincodeInterest.
 */
import { LIFECYCLE } from '../lifecycle/definition.ts';
import type { SimulationResults } from '../simulator/simulator.ts';

/** One policy scope of a transaction: a chaincode's public state, or one collection of it. */
export interface ChaincodeCall {
  readonly chaincode: string;
  /** Undefined for the public state. */
  readonly collection?: string;
  /** Serialised signature policies of keys. */
  readonly keyPolicies: readonly Uint8Array[];
  /** True when only keys with their own policy were written. */
  readonly disregardNamespacePolicy: boolean;
  readonly noPrivateReads: boolean;
}

export function interestOf(results: SimulationResults): ChaincodeCall[] {
  const required = new Map<string, Map<string, boolean>>();
  const keyPolicies = new Map<string, Uint8Array[]>();
  for (const [namespace, collections] of results.written) {
    const scopes = new Map<string, boolean>([['', false]]);
    for (const [collection, written] of collections) {
      keyPolicies.set(namespace, [...(keyPolicies.get(namespace) ?? []), ...written.keyPolicies]);
      if (written.chaincodePolicy) scopes.set(collection, true);
    }
    required.set(namespace, scopes);
  }
  for (const namespace of results.namespaces) {
    if (!required.has(namespace)) required.set(namespace, new Map([['', true]]));
  }
  for (const [namespace, collections] of results.privateReads) {
    const scopes = required.get(namespace) ?? new Map<string, boolean>();
    for (const collection of collections) scopes.set(collection, true);
    required.set(namespace, scopes);
  }
  const calls: ChaincodeCall[] = [];
  for (const [chaincode, scopes] of required) {
    if (chaincode === LIFECYCLE) continue;
    for (const [collection, isRequired] of scopes) {
      if (collection !== '') {
        const noPrivateReads = results.privateReads.get(chaincode)?.has(collection) !== true;
        calls.push({
          chaincode,
          collection,
          keyPolicies: [],
          disregardNamespacePolicy: false,
          noPrivateReads,
        });
        continue;
      }
      const own = keyPolicies.get(chaincode) ?? [];
      if (own.length === 0 && !isRequired) continue;
      calls.push({
        chaincode,
        keyPolicies: own,
        disregardNamespacePolicy: !isRequired,
        noPrivateReads: false,
      });
    }
  }
  return calls;
}
