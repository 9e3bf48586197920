/** Configuration blocks in, unsigned update transactions out. */
import { common } from '@hyperledger/fabric-protos';

const { Block, ChannelHeader, ConfigEnvelope, ConfigUpdateEnvelope, Envelope, Header, HeaderType, Payload } =
  common;

/** The channel's root group, from a configuration block. Throws when the block holds none. */
export function channelGroup(block: Uint8Array): common.ConfigGroup {
  const [transaction] = Block.deserializeBinary(block).getData()?.getDataList_asU8() ?? [];
  if (transaction === undefined) throw new Error('the configuration block is empty');
  const payload = Payload.deserializeBinary(Envelope.deserializeBinary(transaction).getPayload_asU8());
  const group = ConfigEnvelope.deserializeBinary(payload.getData_asU8()).getConfig()?.getChannelGroup();
  if (group === undefined) throw new Error('the block holds no channel configuration');
  return group;
}

/** The transaction that proposes an update; administrators' signatures are added to it by `peer channel signconfigtx`. */
export function updateTransaction(channel: string, update: common.ConfigUpdate): Uint8Array {
  const header = new ChannelHeader();
  header.setType(HeaderType.CONFIG_UPDATE);
  header.setChannelId(channel);
  const headers = new Header();
  headers.setChannelHeader(header.serializeBinary());
  const proposal = new ConfigUpdateEnvelope();
  proposal.setConfigUpdate(update.serializeBinary());
  const payload = new Payload();
  payload.setHeader(headers);
  payload.setData(proposal.serializeBinary());
  const envelope = new Envelope();
  envelope.setPayload(payload.serializeBinary());
  return envelope.serializeBinary();
}
