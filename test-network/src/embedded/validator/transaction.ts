/** Takes an envelope apart once, with the code that a malformed one gets. Spec: Fabric `validation/msgvalidation.go`. */
import { createHash } from 'node:crypto';
import { common, peer } from '@hyperledger/fabric-protos';
import { decodeTxRwset } from '../simulator/rwset.ts';
import type { NamespaceRwset } from '../simulator/rwset.ts';

const Code = peer.TxValidationCode;
export type ValidationCode = peer.TxValidationCodeMap[keyof peer.TxValidationCodeMap];

export interface EndorsementSignature {
  readonly endorser: Uint8Array;
  readonly signature: Uint8Array;
}

/** The single action of an endorser transaction. */
export interface EndorsedAction {
  readonly chaincode: string;
  readonly chaincodeVersion: string;
  /** The chaincode that the proposal named; equal to `chaincode` in a sound transaction. */
  readonly invokedChaincode: string;
  /** The bytes that endorsers signed, together with their identity. */
  readonly responsePayload: Uint8Array;
  readonly endorsements: readonly EndorsementSignature[];
  readonly rwset: readonly NamespaceRwset[];
  readonly event: peer.ChaincodeEvent | undefined;
}

/** What is known of a transaction from its bytes alone. */
export interface ParsedTransaction {
  readonly envelope: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly channelId: string;
  readonly txId: string;
  readonly type: number;
  readonly timestampMs: number;
  readonly creator: Uint8Array;
  readonly action: EndorsedAction | undefined;
  /** Set when the transaction is malformed; the other fields are then as far as they could be read. */
  readonly malformed: ValidationCode | undefined;
}

/** SHA-256 of nonce and creator, in hex. */
export function computeTxId(nonce: Uint8Array, creator: Uint8Array): string {
  return createHash('sha256').update(nonce).update(creator).digest('hex');
}

class Malformed extends Error {
  readonly code: ValidationCode;

  constructor(code: ValidationCode) {
    super(`malformed transaction: code ${code}`);
    this.code = code;
  }
}

function attempt<T>(code: ValidationCode, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Malformed ? error : new Malformed(code);
  }
}

function requireThat(condition: boolean, code: ValidationCode): asserts condition {
  if (!condition) throw new Malformed(code);
}

function parseAction(payload: common.Payload, header: common.Header, extension: Uint8Array): EndorsedAction {
  const invalid = Code.INVALID_ENDORSER_TRANSACTION;
  const transaction = attempt(invalid, () => peer.Transaction.deserializeBinary(payload.getData_asU8()));
  const [action, ...more] = transaction.getActionsList();
  requireThat(action !== undefined && more.length === 0, invalid);
  const actionPayload = attempt(invalid, () =>
    peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8()),
  );
  const endorsed = actionPayload.getAction();
  requireThat(endorsed !== undefined, invalid);
  const responsePayload = endorsed.getProposalResponsePayload_asU8();
  const response = attempt(invalid, () => peer.ProposalResponsePayload.deserializeBinary(responsePayload));
  const proposalHash = createHash('sha256')
    .update(header.getChannelHeader_asU8())
    .update(action.getHeader_asU8())
    .update(actionPayload.getChaincodeProposalPayload_asU8())
    .digest();
  requireThat(proposalHash.equals(response.getProposalHash_asU8()), invalid);
  const inner = attempt(Code.BAD_RESPONSE_PAYLOAD, () =>
    peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8()),
  );
  const invoked = attempt(Code.BAD_HEADER_EXTENSION, () =>
    peer.ChaincodeHeaderExtension.deserializeBinary(extension).getChaincodeId(),
  );
  const executed = inner.getChaincodeId();
  requireThat(invoked !== undefined && executed !== undefined, Code.INVALID_OTHER_REASON);
  const events = inner.getEvents_asU8();
  return {
    chaincode: executed.getName(),
    chaincodeVersion: executed.getVersion(),
    invokedChaincode: invoked.getName(),
    responsePayload,
    endorsements: endorsed.getEndorsementsList().map((each) => ({
      endorser: each.getEndorser_asU8(),
      signature: each.getSignature_asU8(),
    })),
    rwset: attempt(Code.BAD_RWSET, () => decodeTxRwset(inner.getResults_asU8())),
    event:
      events.length === 0
        ? undefined
        : attempt(Code.INVALID_OTHER_REASON, () => peer.ChaincodeEvent.deserializeBinary(events)),
  };
}

/** Parses an envelope. Never throws for bad input: the code says what is wrong. */
export function parseTransaction(envelopeBytes: Uint8Array): ParsedTransaction {
  const found = {
    envelope: envelopeBytes,
    payload: new Uint8Array() as Uint8Array,
    signature: new Uint8Array() as Uint8Array,
    channelId: '',
    txId: '',
    type: -1,
    timestampMs: 0,
    creator: new Uint8Array() as Uint8Array,
    action: undefined as EndorsedAction | undefined,
  };
  try {
    const envelope = attempt(Code.INVALID_OTHER_REASON, () =>
      common.Envelope.deserializeBinary(envelopeBytes),
    );
    found.payload = envelope.getPayload_asU8();
    found.signature = envelope.getSignature_asU8();
    const payload = attempt(Code.BAD_PAYLOAD, () => common.Payload.deserializeBinary(found.payload));
    const header = payload.getHeader();
    requireThat(header !== undefined, Code.BAD_COMMON_HEADER);
    const channelHeader = attempt(Code.BAD_COMMON_HEADER, () =>
      common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8()),
    );
    found.channelId = channelHeader.getChannelId();
    found.txId = channelHeader.getTxId();
    found.type = channelHeader.getType();
    found.timestampMs = channelHeader.getTimestamp()?.toDate().getTime() ?? 0;
    const signatureHeader = attempt(Code.BAD_COMMON_HEADER, () =>
      common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8()),
    );
    found.creator = signatureHeader.getCreator_asU8();
    const nonce = signatureHeader.getNonce_asU8();
    if (found.type === common.HeaderType.CONFIG) return { ...found, malformed: undefined };
    requireThat(nonce.length > 0 && found.creator.length > 0, Code.BAD_COMMON_HEADER);
    requireThat(channelHeader.getEpoch() === 0, Code.BAD_COMMON_HEADER);
    requireThat(found.type === common.HeaderType.ENDORSER_TRANSACTION, Code.UNKNOWN_TX_TYPE);
    requireThat(found.txId === computeTxId(nonce, found.creator), Code.BAD_PROPOSAL_TXID);
    found.action = parseAction(payload, header, channelHeader.getExtension_asU8());
    return { ...found, malformed: undefined };
  } catch (error) {
    if (error instanceof Malformed) return { ...found, malformed: error.code };
    throw error;
  }
}
