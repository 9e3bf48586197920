import { createHash, createSign, randomBytes, type KeyObject } from 'node:crypto';
import { common, gateway, msp, peer } from '@hyperledger/fabric-protos';
import { CHAINCODE_NAME } from '@roamgrid/wire';
import timestamps from 'google-protobuf/google/protobuf/timestamp_pb.js';

/** A member of the channel, as it signs. */
export interface Signer {
  readonly mspId: string;
  readonly channel: string;
  readonly certificate: Buffer;
  readonly key: KeyObject;
}

const NONCE_BYTES = 24;
/** First byte of half the order of P-256: peers take the lower of the two signatures alone. */
const HALF_ORDER = 0x7f;

/** Whether the second number of an ECDSA signature is surely in the lower half. Spec: SEC 1 §C.5, in DER. */
const isLow = (der: Buffer): boolean => {
  const at = 4 + (der[3] ?? 0);
  const length = der[at + 1] ?? 0;
  return length < 32 || (length === 32 && (der[at + 2] ?? 0xff) < HALF_ORDER);
};

const signed = (bytes: Uint8Array, key: KeyObject): Buffer => {
  for (;;) {
    const signature = createSign('sha256').update(bytes).sign(key);
    if (isLow(signature)) return signature;
  }
};

/** A question to the contracts, signed as a client would. Spec: Fabric `gateway.EvaluateRequest`. */
export const evaluateRequest = (signer: Signer, args: readonly string[]): Buffer => {
  const { mspId, channel, certificate, key } = signer;
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(certificate);
  const creator = identity.serializeBinary();
  const nonce = randomBytes(NONCE_BYTES);
  const transactionId = createHash('sha256').update(nonce).update(creator).digest('hex');

  const chaincode = new peer.ChaincodeID();
  chaincode.setName(CHAINCODE_NAME);
  const extension = new peer.ChaincodeHeaderExtension();
  extension.setChaincodeId(chaincode);
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.ENDORSER_TRANSACTION);
  channelHeader.setTxId(transactionId);
  channelHeader.setChannelId(channel);
  channelHeader.setTimestamp(timestamps.Timestamp.fromDate(new Date()));
  channelHeader.setExtension$(extension.serializeBinary());
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(creator);
  signatureHeader.setNonce(nonce);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader.serializeBinary());

  const input = new peer.ChaincodeInput();
  input.setArgsList(args.map((arg) => Buffer.from(arg)));
  const spec = new peer.ChaincodeSpec();
  spec.setType(peer.ChaincodeSpec.Type.NODE);
  spec.setChaincodeId(chaincode);
  spec.setInput(input);
  const invocation = new peer.ChaincodeInvocationSpec();
  invocation.setChaincodeSpec(spec);
  const payload = new peer.ChaincodeProposalPayload();
  payload.setInput(invocation.serializeBinary());
  const proposal = new peer.Proposal();
  proposal.setHeader(header.serializeBinary());
  proposal.setPayload(payload.serializeBinary());
  const proposalBytes = proposal.serializeBinary();

  const signedProposal = new peer.SignedProposal();
  signedProposal.setProposalBytes(proposalBytes);
  signedProposal.setSignature(signed(proposalBytes, key));
  const request = new gateway.EvaluateRequest();
  request.setTransactionId(transactionId);
  request.setChannelId(channel);
  request.setProposedTransaction(signedProposal);
  request.setTargetOrganizationsList([mspId]);
  return Buffer.from(request.serializeBinary());
};
