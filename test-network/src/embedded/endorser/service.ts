/** The `protos.Endorser` service: one peer's endorsement, for clients that collect endorsements themselves. */
import { status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { peer } from '@hyperledger/fabric-protos';
import { AccessDeniedError } from '../channel.ts';
import type { Channel } from '../channel.ts';
import { decode } from '../gateway/malformed.ts';
import { RpcError, toServiceError } from '../gateway/errors.ts';
import { ProposalError, unpackProposal } from './proposal.ts';

async function processProposal(
  signed: peer.SignedProposal,
  mspId: string,
  channels: ReadonlyMap<string, Channel>,
): Promise<peer.ProposalResponse> {
  try {
    const proposal = decode('the proposal', () => unpackProposal(signed));
    const endorser = channels.get(proposal.channelId)?.endorsers.get(mspId);
    if (endorser === undefined) throw new ProposalError(`channel '${proposal.channelId}' not found`);
    const { response } = await endorser.process(proposal, endorser.authorize(proposal));
    return response;
  } catch (error) {
    if (error instanceof ProposalError || error instanceof AccessDeniedError) {
      throw new RpcError(status.UNKNOWN, error.message);
    }
    throw error;
  }
}

export function endorserImplementation(
  mspId: string,
  channels: ReadonlyMap<string, Channel>,
): UntypedServiceImplementation {
  return {
    processProposal: (
      call: ServerUnaryCall<peer.SignedProposal, peer.ProposalResponse>,
      callback: sendUnaryData<peer.ProposalResponse>,
    ): void => {
      processProposal(call.request, mspId, channels).then(
        (response) => {
          callback(null, response);
        },
        (error: unknown) => {
          callback(toServiceError(error));
        },
      );
    },
  };
}
