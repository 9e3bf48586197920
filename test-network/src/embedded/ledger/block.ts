/** Blocks as Fabric builds and hashes them. Spec: Fabric `protoutil/blockutils.go`. */
import { randomBytes } from 'node:crypto';
import { common } from '@hyperledger/fabric-protos';
import { sha256 } from '../simulator/rwset-builder.ts';

const Index = common.BlockMetadataIndex;
const METADATA_SLOTS = 5;

export interface BlockHeader {
  readonly number: number;
  readonly previousHash: Uint8Array;
  readonly dataHash: Uint8Array;
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

function der(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag]), derLength(content.length), content]);
}

function derInteger(value: number): Buffer {
  let hex = value.toString(16);
  if (hex.length % 2 !== 0) hex = `0${hex}`;
  if (parseInt(hex.slice(0, 2), 16) >= 0x80) hex = `00${hex}`;
  return der(0x02, Buffer.from(hex, 'hex'));
}

/** The ASN.1 sequence of number, previous hash and data hash: what is hashed, and what is signed with the metadata. */
function headerBytes(header: BlockHeader): Buffer {
  const body = Buffer.concat([
    derInteger(header.number),
    der(0x04, header.previousHash),
    der(0x04, header.dataHash),
  ]);
  return der(0x30, body);
}

/** SHA-256 of the header's ASN.1 form. */
export function headerHash(header: BlockHeader): Buffer {
  return sha256(headerBytes(header));
}

/** SHA-256 of the concatenated envelopes. */
export function dataHash(envelopes: readonly Uint8Array[]): Buffer {
  return sha256(Buffer.concat(envelopes));
}

/** Who signs blocks: here the peer, which orders too. */
export interface BlockSigner {
  /** Its `SerializedIdentity`. */
  readonly bytes: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

const NONCE_BYTES = 24;

/** A block's signature as Fabric's orderer makes it. Spec: Fabric `orderer/common/multichannel/blockwriter.go`. */
function signatureOf(header: BlockHeader, signer: BlockSigner): common.Metadata {
  const value = new common.OrdererBlockMetadata();
  // Block 0 holds the configuration for ever: it cannot be changed here.
  value.setLastConfig(new common.LastConfig());
  const valueBytes = value.serializeBinary();
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(signer.bytes);
  signatureHeader.setNonce(randomBytes(NONCE_BYTES));
  const signatureHeaderBytes = signatureHeader.serializeBinary();
  const signature = new common.MetadataSignature();
  signature.setSignatureHeader(signatureHeaderBytes);
  signature.setSignature(signer.sign(Buffer.concat([valueBytes, signatureHeaderBytes, headerBytes(header)])));
  const metadata = new common.Metadata();
  metadata.setValue(valueBytes);
  metadata.setSignaturesList([signature]);
  return metadata;
}

/** Builds the block message. `flags` has one validation code a transaction. */
export function buildBlock(
  header: BlockHeader,
  envelopes: readonly Uint8Array[],
  flags: Uint8Array,
  commitHash: Uint8Array,
  signer: BlockSigner,
): common.Block {
  const headerMessage = new common.BlockHeader();
  headerMessage.setNumber(header.number);
  headerMessage.setPreviousHash(header.previousHash);
  headerMessage.setDataHash(header.dataHash);
  const data = new common.BlockData();
  data.setDataList([...envelopes]);
  const slots: Uint8Array[] = new Array<Uint8Array>(METADATA_SLOTS).fill(new Uint8Array());
  const lastConfig = new common.LastConfig();
  const ordererMetadata = new common.Metadata();
  ordererMetadata.setValue(lastConfig.serializeBinary());
  slots[Index.LAST_CONFIG] = ordererMetadata.serializeBinary();
  slots[Index.SIGNATURES] = signatureOf(header, signer).serializeBinary();
  slots[Index.TRANSACTIONS_FILTER] = flags;
  if (commitHash.length > 0) {
    const commit = new common.Metadata();
    commit.setValue(commitHash);
    slots[Index.COMMIT_HASH] = commit.serializeBinary();
  }
  const metadata = new common.BlockMetadata();
  metadata.setMetadataList(slots);
  const block = new common.Block();
  block.setHeader(headerMessage);
  block.setData(data);
  block.setMetadata(metadata);
  return block;
}

/** A block taken apart. */
export interface DecodedBlock {
  readonly header: BlockHeader;
  readonly envelopes: readonly Uint8Array[];
  readonly flags: Uint8Array;
  readonly commitHash: Uint8Array;
}

export function decodeBlock(bytes: Uint8Array): DecodedBlock {
  const block = common.Block.deserializeBinary(bytes);
  const header = block.getHeader();
  if (header === undefined) throw new Error('a block without header');
  const slots = block.getMetadata()?.getMetadataList_asU8() ?? [];
  const commit = slots[Index.COMMIT_HASH] ?? new Uint8Array();
  return {
    header: {
      number: header.getNumber(),
      previousHash: header.getPreviousHash_asU8(),
      dataHash: header.getDataHash_asU8(),
    },
    envelopes: block.getData()?.getDataList_asU8() ?? [],
    flags: slots[Index.TRANSACTIONS_FILTER] ?? new Uint8Array(),
    commitHash: common.Metadata.deserializeBinary(commit).getValue_asU8(),
  };
}
