import type { Gateway, Proposal } from '@hyperledger/fabric-gateway';
import { common, gateway as gatewayProtos, peer } from '@hyperledger/fabric-protos';

const required = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('a proposal that the client library made is whole');
  return value;
};

/** A proposal as if it had been made at another time: the client library dates every one by the wall's clock. */
export const datedAt = (gateway: Gateway, made: Proposal, atMs: number): Proposal => {
  const proposed = gatewayProtos.ProposedTransaction.deserializeBinary(made.getBytes());
  const signed = required(proposed.getProposal());
  const proposal = peer.Proposal.deserializeBinary(signed.getProposalBytes_asU8());
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const channel = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  required(channel.getTimestamp()).fromDate(new Date(atMs));
  header.setChannelHeader(channel.serializeBinary());
  proposal.setHeader(header.serializeBinary());
  signed.setProposalBytes(proposal.serializeBinary());
  return gateway.newProposal(proposed.serializeBinary());
};
