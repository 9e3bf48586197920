import { common, ledger, msp, peer } from '@hyperledger/fabric-protos';
import { implicitCollection } from '@roamgrid/wire';
import '@roamgrid/wire/protobuf';
import type { BlockTransaction, KeyWrite, LedgerBlock } from '../ledger/ledger.ts';
import { blockDataHash, blockEntry, blockHeaderHash } from './block-hash.ts';
import { hex, utf8 } from './proto.ts';

/** A block that contradicts itself: its peer is broken or lies. Reading must stop. */
export class BlockCorrupt extends Error {
  override readonly name = 'BlockCorrupt';
}

export interface BlockScope {
  readonly chaincode: string;
  readonly mspId: string;
}

const VALIDATION_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(peer.TxValidationCode).map(([name, code]) => [code, name]),
);

const kvWrites = (bytes: Uint8Array): KeyWrite[] =>
  ledger.rwset.kvrwset.KVRWSet.deserializeBinary(bytes)
    .getWritesList()
    .map((write) => ({
      key: write.getKey(),
      value: write.getIsDelete() ? undefined : utf8(write.getValue_asU8()),
    }));

const publicWrites = (transaction: peer.Transaction, chaincode: string): KeyWrite[] =>
  transaction.getActionsList().flatMap((action) => {
    const payload = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8());
    const response = payload.getAction()?.getProposalResponsePayload_asU8() ?? new Uint8Array();
    const extension = peer.ProposalResponsePayload.deserializeBinary(response).getExtension_asU8();
    const results = peer.ChaincodeAction.deserializeBinary(extension).getResults_asU8();
    return ledger.rwset.TxReadWriteSet.deserializeBinary(results)
      .getNsRwsetList()
      .filter((set) => set.getNamespace() === chaincode)
      .flatMap((set) => kvWrites(set.getRwset_asU8()));
  });

const privateWrites = (set: ledger.rwset.TxPvtReadWriteSet | undefined, scope: BlockScope): KeyWrite[] =>
  (set?.getNsPvtRwsetList() ?? [])
    .filter((namespace) => namespace.getNamespace() === scope.chaincode)
    .flatMap((namespace) => namespace.getCollectionPvtRwsetList())
    .filter((collection) => collection.getCollectionName() === implicitCollection(scope.mspId))
    .flatMap((collection) => kvWrites(collection.getRwset_asU8()));

const decodeTransaction = (
  envelopeBytes: Uint8Array,
  index: number,
  code: number,
  privateSet: ledger.rwset.TxPvtReadWriteSet | undefined,
  scope: BlockScope,
): BlockTransaction => {
  const envelope = common.Envelope.deserializeBinary(envelopeBytes);
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const header = payload.getHeader();
  const channelHeader = common.ChannelHeader.deserializeBinary(
    header?.getChannelHeader_asU8() ?? new Uint8Array(),
  );
  const signatureHeader = common.SignatureHeader.deserializeBinary(
    header?.getSignatureHeader_asU8() ?? new Uint8Array(),
  );
  const creator = msp.SerializedIdentity.deserializeBinary(signatureHeader.getCreator_asU8());
  const endorsed = channelHeader.getType() === common.HeaderType.ENDORSER_TRANSACTION;
  const timestamp = channelHeader.getTimestamp();
  return {
    transactionId: channelHeader.getTxId(),
    index,
    valid: code === peer.TxValidationCode.VALID,
    validationCode: VALIDATION_NAMES.get(code) ?? `CODE_${code}`,
    atMs: timestamp === undefined ? 0 : timestamp.toDate().getTime(),
    creatorMspId: creator.getMspid(),
    writes: endorsed
      ? publicWrites(peer.Transaction.deserializeBinary(payload.getData_asU8()), scope.chaincode)
      : [],
    privateWrites: privateWrites(privateSet, scope),
  };
};

/**
 * A block in the shape that the read model takes, checked against its own hashes.
 * @throws BlockCorrupt when its data does not hash to what its header says.
 */
export const decodeBlock = (
  block: common.Block,
  privateData: ReadonlyMap<number, ledger.rwset.TxPvtReadWriteSet>,
  scope: BlockScope,
): LedgerBlock => {
  const header = block.getHeader();
  if (header === undefined) throw new BlockCorrupt('a block has no header');
  const envelopes = block.getData()?.getDataList_asU8() ?? [];
  const number = BigInt(header.getNumber());
  const dataHash = header.getDataHash_asU8();
  if (!blockDataHash(envelopes).equals(dataHash)) {
    throw new BlockCorrupt(`block ${number} does not hold the data that its header names`);
  }
  const flags =
    block.getMetadata()?.getMetadataList_asU8()[common.BlockMetadataIndex.TRANSACTIONS_FILTER] ??
    new Uint8Array();
  const hash = blockHeaderHash(number, header.getPreviousHash_asU8(), dataHash);
  return {
    number,
    hash: hex(hash),
    previousHash: hex(header.getPreviousHash_asU8()),
    entry: hex(blockEntry(number, hash, flags)),
    transactions: envelopes.map((envelope, index) =>
      // Block 0 has no flags of its own; what was never validated counts as not valid.
      decodeTransaction(
        envelope,
        index,
        flags[index] ?? peer.TxValidationCode.NOT_VALIDATED,
        privateData.get(index),
        scope,
      ),
    ),
  };
};
