/** The Raft nodes that a channel's configuration names. */
import { common, orderer } from '@hyperledger/fabric-protos';

/** A copy of the configuration with other consenters. Throws when its ordering is not Raft. */
export function withConsenters(
  root: common.ConfigGroup,
  edit: (consenters: orderer.etcdraft.Consenter[]) => orderer.etcdraft.Consenter[],
): common.ConfigGroup {
  const copy = common.ConfigGroup.deserializeBinary(root.serializeBinary());
  const value = copy.getGroupsMap().get('Orderer')?.getValuesMap().get('ConsensusType');
  if (value === undefined) throw new Error('the channel does not tell its consensus');
  const consensus = orderer.ConsensusType.deserializeBinary(value.getValue_asU8());
  if (consensus.getType() !== 'etcdraft') throw new Error(`${consensus.getType()} is not Raft`);
  const metadata = orderer.etcdraft.ConfigMetadata.deserializeBinary(consensus.getMetadata_asU8());
  metadata.setConsentersList(edit(metadata.getConsentersList()));
  consensus.setMetadata(metadata.serializeBinary());
  value.setValue(consensus.serializeBinary());
  return copy;
}
