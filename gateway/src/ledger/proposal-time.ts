import type { Gateway, Proposal } from '@hyperledger/fabric-gateway';
import { common, gateway as gatewayProtos, peer } from '@hyperledger/fabric-protos';

/**
 * The same proposal at another time. The client library stamps every proposal with the wall's clock; a simulation that
 * lives in another time needs the contracts to live there too, or notice times and late readings mean nothing.
 */
export const proposedAt = (gateway: Gateway, proposal: Proposal, atMs: number): Proposal => {
  const proposed = gatewayProtos.ProposedTransaction.deserializeBinary(proposal.getBytes());
  const signed = proposed.getProposal() ?? new peer.SignedProposal();
  const inner = peer.Proposal.deserializeBinary(signed.getProposalBytes_asU8());
  const header = common.Header.deserializeBinary(inner.getHeader_asU8());
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const timestamp = channelHeader.getTimestamp();
  if (timestamp === undefined) throw new Error('a proposal has a timestamp');
  timestamp.setSeconds(Math.floor(atMs / 1000));
  timestamp.setNanos(Math.floor(atMs % 1000) * 1_000_000);
  channelHeader.setTimestamp(timestamp);
  header.setChannelHeader(channelHeader.serializeBinary());
  inner.setHeader(header.serializeBinary());
  signed.setProposalBytes(inner.serializeBinary());
  proposed.setProposal(signed);
  return gateway.newProposal(proposed.serializeBinary());
};
