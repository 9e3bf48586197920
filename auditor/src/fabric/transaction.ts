import { concat, hexOf, same, type Bytes } from '../bytes.ts';
import { Failed, hold } from '../failure.ts';
import type { Primitives } from '../primitives.ts';
import type { Envelope } from './envelope.ts';
import { isA, type Identities } from './identity.ts';
import { Message } from './proto.ts';
import { readSets, type NamespaceSet } from './rwset.ts';

/** A transaction as a block holds it. Spec: Fabric `peer/transaction.proto`, `peer/proposal_response.proto`. */

export interface Transaction {
  readonly id: string;
  readonly channel: string;
  readonly type: number;
  readonly atMs: number;
  readonly creator: Bytes;
  readonly signature: Bytes;
  readonly payload: Bytes;
  readonly chaincode: string;
  /** Which chaincode was asked: what ran must be that one. */
  readonly asked: string;
  readonly response: Bytes;
  readonly endorsements: readonly { readonly endorser: Bytes; readonly signature: Bytes }[];
  readonly sets: readonly NamespaceSet[];
  /** Whether the id and the proposal's hash are those of the parts they are formed from. */
  readonly isWhole: boolean;
}

export const ENDORSED = 3;
const NANOS_PER_MS = 1_000_000;

/** @throws Unreadable */
export const readTransaction = ({ sha256 }: Primitives, envelope: Envelope): Transaction => {
  const payload = new Message(envelope.payload);
  const headers = payload.message(1);
  const channelHeader = headers.message(1);
  const signatureHeader = headers.message(2);
  const timestamp = channelHeader.message(3);
  const creator = signatureHeader.bytes(1);
  const id = channelHeader.text(5);
  const type = channelHeader.number(1);
  const action = payload.message(2).message(1);
  const endorsed = type === ENDORSED ? action.message(2).message(2) : new Message(new Uint8Array());
  const response = endorsed.bytes(1);
  const extension = type === ENDORSED ? new Message(new Message(response).bytes(2)) : new Message(response);
  const results = extension.message(1);
  const proposal = sha256(headers.bytes(1), action.bytes(1), action.message(2).bytes(1));
  return {
    id,
    channel: channelHeader.text(4),
    type,
    atMs: timestamp.number(1) * 1_000 + Math.floor(timestamp.number(2) / NANOS_PER_MS),
    creator,
    signature: envelope.signature,
    payload: envelope.payload,
    chaincode: extension.message(4).text(2),
    asked: channelHeader.message(7).message(2).text(2),
    response,
    endorsements: endorsed.messages(2).map((each) => ({ endorser: each.bytes(1), signature: each.bytes(2) })),
    sets: readSets(results),
    isWhole:
      type !== ENDORSED ||
      (id === hexOf(sha256(signatureHeader.bytes(2), creator)) &&
        same(proposal, new Message(response).bytes(1))),
  };
};

/** What it did to a chaincode's keys, whichever chaincode was asked: one that ran may have called the other. */
export const setOf = ({ sets }: Transaction, chaincode: string): NamespaceSet | undefined =>
  sets.find(({ namespace }) => namespace === chaincode);

/** That it is whole and signed by who made it and by peers; gives the organisations of those peers. @throws Failed */
export const requireSigned = async (
  transaction: Transaction,
  identities: Identities,
  what: string,
): Promise<ReadonlySet<string>> => {
  hold(transaction.isWhole, `${what}: its id or its proposal is not that of its parts`);
  const { creator, signature, payload, response, endorsements } = transaction;
  await identities.require(identities.read(creator), signature, payload, `${what}, its maker`);
  const endorsers = new Set<string>();
  for (const endorsement of endorsements) {
    const identity = identities.read(endorsement.endorser);
    if (!isA(identity, 'peer')) throw new Failed(`${what}: ${identity.mspId} endorsed by what is no peer`);
    const signed = concat(response, endorsement.endorser);
    await identities.require(identity, endorsement.signature, signed, `${what}, an endorsement`);
    endorsers.add(identity.mspId);
  }
  return endorsers;
};
