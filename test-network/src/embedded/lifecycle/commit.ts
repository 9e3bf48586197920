/** Commits chaincode definitions as ordinary transactions of `_lifecycle`, endorsed by every organisation's peer. */
import { randomBytes } from 'node:crypto';
import { common, peer } from '@hyperledger/fabric-protos';
import timestamp from 'google-protobuf/google/protobuf/timestamp_pb.js';
import type { Channel } from '../channel.ts';
import type { ChaincodeConfig } from '../config.ts';
import { prepareTransaction } from '../endorser/plan.ts';
import type { SigningIdentity } from '../identity/msp.ts';
import { encodeTxRwset } from '../simulator/rwset.ts';
import type { KvWrite } from '../simulator/rwset.ts';
import { sha256 } from '../simulator/rwset-builder.ts';
import { computeTxId } from '../validator/transaction.ts';
import { definitionWrites, LIFECYCLE } from './definition.ts';

function proposalHeader(channelId: string, creator: Uint8Array): { header: common.Header; txId: string } {
  const nonce = randomBytes(24);
  const txId = computeTxId(nonce, creator);
  const chaincodeId = new peer.ChaincodeID();
  chaincodeId.setName(LIFECYCLE);
  const extension = new peer.ChaincodeHeaderExtension();
  extension.setChaincodeId(chaincodeId);
  const time = new timestamp.Timestamp();
  time.fromDate(new Date());
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.ENDORSER_TRANSACTION);
  channelHeader.setChannelId(channelId);
  channelHeader.setTxId(txId);
  channelHeader.setTimestamp(time);
  channelHeader.setExtension$(extension.serializeBinary());
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(creator);
  signatureHeader.setNonce(nonce);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader.serializeBinary());
  return { header, txId };
}

function invocationPayload(config: ChaincodeConfig): Uint8Array {
  const argument = new peer.lifecycle.CommitChaincodeDefinitionArgs();
  argument.setName(config.name);
  argument.setVersion(config.version);
  const input = new peer.ChaincodeInput();
  input.setArgsList([Buffer.from('CommitChaincodeDefinition'), argument.serializeBinary()]);
  const chaincodeId = new peer.ChaincodeID();
  chaincodeId.setName(LIFECYCLE);
  const specification = new peer.ChaincodeSpec();
  specification.setChaincodeId(chaincodeId);
  specification.setInput(input);
  const invocation = new peer.ChaincodeInvocationSpec();
  invocation.setChaincodeSpec(specification);
  const payload = new peer.ChaincodeProposalPayload();
  payload.setInput(invocation.serializeBinary());
  return payload.serializeBinary();
}

function responsePayload(proposalHash: Uint8Array, writes: readonly KvWrite[]): Uint8Array {
  const chaincodeId = new peer.ChaincodeID();
  chaincodeId.setName(LIFECYCLE);
  chaincodeId.setVersion('syscc');
  const response = new peer.Response();
  response.setStatus(200);
  const nothing = { reads: [], metadataWrites: [], rangeQueries: [], collections: [] };
  const action = new peer.ChaincodeAction();
  action.setResults(encodeTxRwset([{ namespace: LIFECYCLE, writes, ...nothing }]));
  action.setResponse(response);
  action.setChaincodeId(chaincodeId);
  const payload = new peer.ProposalResponsePayload();
  payload.setProposalHash(proposalHash);
  payload.setExtension$(action.serializeBinary());
  return payload.serializeBinary();
}

/** Commits the definition if the ledger does not have it yet. Throws when the transaction is not valid. */
export async function commitDefinition(
  channel: Channel,
  config: ChaincodeConfig,
  admin: SigningIdentity,
  peers: readonly SigningIdentity[],
): Promise<void> {
  const read = (key: string): Uint8Array | undefined => channel.ledger.state.get(LIFECYCLE, key)?.value;
  const writes = definitionWrites(config, channel.msps.mspIds, read);
  if (writes.length === 0) return;
  const { header, txId } = proposalHeader(channel.name, admin.bytes);
  const publicPayload = invocationPayload(config);
  const hash = sha256(
    Buffer.concat([header.getChannelHeader_asU8(), header.getSignatureHeader_asU8(), publicPayload]),
  );
  const payload = responsePayload(hash, writes);
  const endorsements = peers.map((signer) => {
    const endorsement = new peer.Endorsement();
    endorsement.setEndorser(signer.bytes);
    endorsement.setSignature(signer.sign(Buffer.concat([payload, signer.bytes])));
    return endorsement;
  });
  const envelope = prepareTransaction(header, publicPayload, payload, endorsements);
  envelope.setSignature(admin.sign(envelope.getPayload_asU8()));
  const committed = new Promise<number>((resolve) => {
    channel.onCommitted(txId, ({ code }) => {
      resolve(code);
    });
  });
  channel.broadcast(envelope.serializeBinary());
  channel.flush();
  const code = await committed;
  if (code !== peer.TxValidationCode.VALID) {
    throw new Error(`the definition of chaincode ${config.name} was refused with validation code ${code}`);
  }
}
