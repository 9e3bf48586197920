import { common, ledger, peer } from '@hyperledger/fabric-protos';

/** Where a transaction's reads come from: what a settlement was judged by is found by it. */

/** The transaction that wrote what was read. */
export interface ReadVersion {
  readonly block: number;
  readonly tx: number;
}

const readsOf = (bytes: Uint8Array): readonly ledger.rwset.kvrwset.KVRead[] => {
  const set = ledger.rwset.kvrwset.KVRWSet.deserializeBinary(bytes);
  const ranges = set
    .getRangeQueriesInfoList()
    .flatMap((range) => range.getRawReads()?.getKvReadsList() ?? []);
  return [...set.getReadsList(), ...ranges];
};

/** Public keys of the chaincode that an endorsed transaction read, each with the transaction that had written it. */
export const readVersions = (envelope: Uint8Array, chaincode: string): ReadonlyMap<string, ReadVersion> => {
  const payload = common.Payload.deserializeBinary(
    common.Envelope.deserializeBinary(envelope).getPayload_asU8(),
  );
  const found = new Map<string, ReadVersion>();
  for (const action of peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList()) {
    const extension = responseOf(action).getExtension_asU8();
    const results = peer.ChaincodeAction.deserializeBinary(extension).getResults_asU8();
    for (const set of ledger.rwset.TxReadWriteSet.deserializeBinary(results).getNsRwsetList()) {
      if (set.getNamespace() !== chaincode) continue;
      for (const read of readsOf(set.getRwset_asU8())) {
        const version = read.getVersion();
        if (version === undefined) continue;
        found.set(read.getKey(), { block: version.getBlockNum(), tx: version.getTxNum() });
      }
    }
  }
  return found;
};

const responseOf = (action: peer.TransactionAction): peer.ProposalResponsePayload => {
  const payload = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8());
  const bytes = payload.getAction()?.getProposalResponsePayload_asU8() ?? new Uint8Array();
  return peer.ProposalResponsePayload.deserializeBinary(bytes);
};
