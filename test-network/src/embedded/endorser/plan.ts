/**
 * Finds sets of organisations whose endorsements satisfy all policies that a transaction touches, smallest first.
 * Takes the place of Fabric's discovery service, whose layouts are such sets.
 */
import { common, peer } from '@hyperledger/fabric-protos';
import type { Channel } from '../channel.ts';
import type { CompiledPolicy } from '../policy/evaluate.ts';
import type { ChaincodeCall } from './interest.ts';

const MAX_ORGANIZATIONS = 16;

/** One way to endorse: each of these organisations once. */
export type Layout = readonly string[];

interface Requirement {
  readonly policy: CompiledPolicy;
}

function requirements(channel: Channel, calls: readonly ChaincodeCall[]): Requirement[] {
  const { definitions, policies } = channel;
  return calls.flatMap((call): Requirement[] => {
    const definition = definitions.definition(call.chaincode);
    if (definition === undefined) return [];
    if (call.collection !== undefined) {
      const own = definitions.collection(call.chaincode, call.collection)?.endorsementPolicy;
      return [{ policy: policies.application(own ?? definition.endorsementPolicy) }];
    }
    const keys = call.keyPolicies.map((each) => ({ policy: policies.signature(each) }));
    if (call.disregardNamespacePolicy) return keys;
    return [{ policy: policies.application(definition.endorsementPolicy) }, ...keys];
  });
}

/** Organisations that run every chaincode of the calls and hold every collection that is read. */
function candidates(channel: Channel, calls: readonly ChaincodeCall[]): string[] {
  return [...channel.endorsers.keys()].filter((mspId) =>
    calls.every(({ chaincode, collection, noPrivateReads }) => {
      if (channel.endorsers.get(mspId)?.runs(chaincode) !== true) return false;
      if (collection === undefined || noPrivateReads) return true;
      return channel.definitions.holds(mspId, chaincode, collection);
    }),
  );
}

/** All minimal layouts, those with `preferred` first, then by size. Empty when the policies cannot be satisfied. */
export function layouts(channel: Channel, calls: readonly ChaincodeCall[], preferred: string): Layout[] {
  const orgs = candidates(channel, calls).slice(0, MAX_ORGANIZATIONS);
  const needed = requirements(channel, calls);
  const satisfying: number[] = [];
  const subsets = Array.from({ length: 2 ** orgs.length - 1 }, (_, index) => index + 1).sort(
    (a, b) => bits(a) - bits(b) || a - b,
  );
  for (const subset of subsets) {
    if (satisfying.some((smaller) => (smaller & subset) === smaller)) continue;
    const identities = members(orgs, subset).map((mspId) => ({ mspId, role: 'peer' as const }));
    if (needed.every(({ policy }) => policy(identities))) satisfying.push(subset);
  }
  const found = satisfying.map((subset) => members(orgs, subset));
  return [
    ...found.filter((layout) => layout.includes(preferred)),
    ...found.filter((layout) => !layout.includes(preferred)),
  ];
}

function bits(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

function members(orgs: readonly string[], subset: number): string[] {
  return orgs.filter((_, index) => (subset & (1 << index)) !== 0);
}

/** The transaction envelope, unsigned, from a proposal and its endorsements. */
export function prepareTransaction(
  header: common.Header,
  publicPayload: Uint8Array,
  responsePayload: Uint8Array,
  endorsements: readonly peer.Endorsement[],
): common.Envelope {
  const endorsed = new peer.ChaincodeEndorsedAction();
  endorsed.setProposalResponsePayload(responsePayload);
  endorsed.setEndorsementsList([...endorsements]);
  const actionPayload = new peer.ChaincodeActionPayload();
  actionPayload.setChaincodeProposalPayload(publicPayload);
  actionPayload.setAction(endorsed);
  const action = new peer.TransactionAction();
  action.setHeader(header.getSignatureHeader_asU8());
  action.setPayload(actionPayload.serializeBinary());
  const transaction = new peer.Transaction();
  transaction.addActions(action);
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(transaction.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  return envelope;
}
