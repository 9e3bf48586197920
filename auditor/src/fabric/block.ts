import { concat, type Bytes } from '../bytes.ts';
import { hold, readable } from '../failure.ts';
import type { Primitives } from '../primitives.ts';
import type { ChannelConfig } from './channel-config.ts';
import { headerForm } from './der.ts';
import { isA, type Identities, type Identity } from './identity.ts';
import { Message } from './proto.ts';

/** A block: its header, and who signed it. Spec: Fabric `common/common.proto`, `protoutil/blockutils.go`. */

export interface Block {
  readonly number: number;
  readonly previousHash: Bytes;
  readonly envelopes: readonly Bytes[];
  /** Validation code of each transaction. */
  readonly codes: Bytes;
  /** The `Metadata` message of the ordering nodes' signatures. */
  readonly signatures: Bytes;
}

/** The header in the form that is hashed and signed. */
export const headerOf = ({ sha256 }: Primitives, { number, previousHash, envelopes }: Block): Bytes =>
  headerForm(BigInt(number), previousHash, sha256(...envelopes));

/** What a checkpoint's tree has of a block: its header and which of its transactions counted. Block 0 has no codes. */
export const entryOf = (primitives: Primitives, block: Block): Bytes => {
  const { sha256 } = primitives;
  const codes = block.number === 0 ? new Uint8Array() : block.codes;
  return sha256(sha256(headerOf(primitives, block)), sha256(codes));
};

/** Whether nobody signed it: block 0 of Fabric's own channels. */
export const isUnsigned = ({ signatures }: Block): boolean => !new Message(signatures).has(2);

/** The number of the block whose configuration the signers of a block knew. */
export const configNumberOf = ({ signatures }: Pick<Block, 'signatures'>): number =>
  new Message(signatures).message(1).message(1).number(1);

/** How many ordering nodes must sign where any third of them may lie. */
const quorum = (nodes: number): number => Math.ceil((nodes + Math.floor((nodes - 1) / 3) + 1) / 2);

/** Who signed: on a BFT channel by the number that the configuration gives to an ordering node, else by certificate. */
const signerOf = (signature: Message, { consenters }: ChannelConfig, identities: Identities): Identity => {
  readable(
    signature.has(1) !== signature.has(3),
    'a block’s signature names its signer in two ways, or in none',
  );
  if (signature.has(1)) return identities.read(signature.message(1).bytes(1));
  const number = signature.message(3).number(1);
  const consenter = consenters.find((each) => each.number === number);
  hold(
    consenter !== undefined,
    `a block is signed by ordering node ${number}, whom the channel does not have`,
  );
  return consenter.identity;
};

/** Whether a signer is one who orders: one of the nodes that a BFT channel counts, anyone of an organisation that orders, a peer. */
const isOrdering = (signer: Identity, { isBft, consenters, orderers }: ChannelConfig): boolean => {
  if (isBft) return consenters.some(({ identity }) => identity.id === signer.id);
  return orderers.size === 0 ? isA(signer, 'peer') : orderers.has(signer.mspId);
};

/**
 * That ordering nodes of the channel signed the block; where the members' own peers order, a peer of theirs. Of a BFT channel's
 * nodes a quorum, each counted once, however often and in whatever form of its certificate it signed.
 * @throws Failed
 */
export const requireOrdered = async (
  primitives: Primitives,
  block: Block,
  config: ChannelConfig,
  identities: Identities,
): Promise<void> => {
  const what = `block ${block.number}`;
  const metadata = new Message(block.signatures).requireOnly(1, 2);
  const header = headerOf(primitives, block);
  const signers = new Set<string>();
  for (const signature of metadata.messages(2)) {
    signature.requireOnly(1, 2, 3);
    const signer = signerOf(signature, config, identities);
    hold(isOrdering(signer, config), `${what} is signed by one of ${signer.mspId} who does not order`);
    const signed = concat(metadata.bytes(1), signature.bytes(1), signature.bytes(3), header);
    await identities.require(signer, signature.bytes(2), signed, what);
    signers.add(signer.id);
  }
  const needed = config.isBft ? quorum(config.consenters.length) : 1;
  hold(signers.size >= needed, `${what} is signed by ${signers.size} ordering nodes, not by ${needed}`);
};
