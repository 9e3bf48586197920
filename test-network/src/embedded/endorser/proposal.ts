/** Takes a signed proposal apart and checks it. Spec: Fabric `core/endorser/msgvalidation.go`. */
import { createHash } from 'node:crypto';
import { common, peer } from '@hyperledger/fabric-protos';
import { IdentityError, verifySignature } from '../identity/msp.ts';
import type { Identity, MspManager } from '../identity/msp.ts';
import { computeTxId } from '../validator/transaction.ts';

export class ProposalError extends Error {
  override readonly name = 'ProposalError';
}

export interface UnpackedProposal {
  readonly signed: peer.SignedProposal;
  readonly channelId: string;
  readonly txId: string;
  readonly type: number;
  readonly epoch: number;
  readonly nonce: Uint8Array;
  readonly creator: Uint8Array;
  readonly header: common.Header;
  readonly chaincode: string;
  readonly input: peer.ChaincodeInput;
  /** The serialised `ChaincodeProposalPayload` without transient data, which is what the transaction carries. */
  readonly publicPayload: Uint8Array;
  readonly hasTransient: boolean;
  /** SHA-256 of channel header, signature header and public payload. */
  readonly hash: Buffer;
}

/** Unpacks the proposal; throws ProposalError when a part is missing or malformed. */
export function unpackProposal(signed: peer.SignedProposal): UnpackedProposal {
  try {
    return unpack(signed);
  } catch (cause) {
    if (cause instanceof ProposalError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ProposalError(`error unmarshalling proposal: ${reason}`, { cause });
  }
}

function unpack(signed: peer.SignedProposal): UnpackedProposal {
  const proposal = peer.Proposal.deserializeBinary(signed.getProposalBytes_asU8());
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const signatureHeader = common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8());
  const extension = peer.ChaincodeHeaderExtension.deserializeBinary(channelHeader.getExtension_asU8());
  const chaincodeId = extension.getChaincodeId();
  if (chaincodeId === undefined) throw new ProposalError('ChaincodeHeaderExtension.ChaincodeId is nil');
  if (chaincodeId.getName() === '')
    throw new ProposalError('ChaincodeHeaderExtension.ChaincodeId.Name is empty');
  const payload = peer.ChaincodeProposalPayload.deserializeBinary(proposal.getPayload_asU8());
  const specification = peer.ChaincodeInvocationSpec.deserializeBinary(
    payload.getInput_asU8(),
  ).getChaincodeSpec();
  if (specification === undefined) {
    throw new ProposalError('chaincode invocation spec did not contain chaincode spec');
  }
  const input = specification.getInput();
  if (input === undefined) throw new ProposalError('chaincode input did not contain any input');
  const withoutTransient = new peer.ChaincodeProposalPayload();
  withoutTransient.setInput(payload.getInput_asU8());
  const publicPayload = withoutTransient.serializeBinary();
  return {
    signed,
    channelId: channelHeader.getChannelId(),
    txId: channelHeader.getTxId(),
    type: channelHeader.getType(),
    epoch: channelHeader.getEpoch(),
    nonce: signatureHeader.getNonce_asU8(),
    creator: signatureHeader.getCreator_asU8(),
    header,
    chaincode: chaincodeId.getName(),
    input,
    publicPayload,
    hasTransient: payload.getTransientmapMap().getLength() > 0,
    hash: createHash('sha256')
      .update(header.getChannelHeader_asU8())
      .update(header.getSignatureHeader_asU8())
      .update(publicPayload)
      .digest(),
  };
}

/** Checks form, transaction id, creator and signature. Throws ProposalError; returns the creator. */
export function checkProposal(proposal: UnpackedProposal, msps: MspManager, nowMs: number): Identity {
  const invalid = (reason: string): never => {
    throw new ProposalError(`error validating proposal: ${reason}`);
  };
  if (proposal.type !== common.HeaderType.ENDORSER_TRANSACTION)
    invalid(`invalid header type ${proposal.type}`);
  if (proposal.epoch !== 0) invalid('epoch is non-zero');
  if (proposal.nonce.length === 0) invalid('nonce is empty');
  if (proposal.creator.length === 0) invalid('creator is empty');
  const txId = computeTxId(proposal.nonce, proposal.creator);
  if (txId !== proposal.txId) invalid(`incorrectly computed txid '${proposal.txId}' -- expected '${txId}'`);
  let creator: Identity;
  try {
    creator = msps.deserialize(proposal.creator);
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    return invalid(
      `access denied: channel [${proposal.channelId}] creator org unknown, creator is malformed`,
    );
  }
  const { signed } = proposal;
  if (
    creator.notAfterMs < nowMs ||
    !verifySignature(creator, signed.getProposalBytes_asU8(), signed.getSignature_asU8())
  ) {
    invalid(`access denied: channel [${proposal.channelId}] creator org [${creator.mspId}]`);
  }
  return creator;
}
