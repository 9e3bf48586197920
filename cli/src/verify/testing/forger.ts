import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { common, ledger, msp, peer } from '@hyperledger/fabric-protos';
import { enrol, newNodeSigner } from '@roamgrid/test-network';

/** Alters ledgers as somebody could who holds the files, the ordering peer's key, or the keys of two utilities. */

export const SIGNATURES = common.BlockMetadataIndex.SIGNATURES;
const CODES = common.BlockMetadataIndex.TRANSACTIONS_FILTER;

export const readBlocks = (folder: string): common.Block[] =>
  readdirSync(folder)
    .sort()
    .map((name) => common.Block.deserializeBinary(readFileSync(join(folder, name))));

export const writeBlocks = (folder: string, blocks: readonly common.Block[]): void => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [index, block] of blocks.entries())
    writeFileSync(join(folder, `${index.toString().padStart(6, '0')}.block`), block.serializeBinary());
};

export const codesOf = (block: common.Block): Buffer =>
  Buffer.from(block.getMetadata()?.getMetadataList_asU8()[CODES] ?? []);

export const setCodes = (block: common.Block, codes: Uint8Array): void => {
  const slots = block.getMetadata()?.getMetadataList_asU8() ?? [];
  slots[CODES] = codes;
  block.getMetadata()?.setMetadataList(slots);
};

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const der = (tag: number, content: Uint8Array): Buffer => {
  if (content.length > 0x7f) throw new RangeError('a header is short');
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
};

/** The header's form that is hashed and signed, of chains shorter than 128 blocks. */
export const headerForm = (header: common.BlockHeader): Buffer =>
  der(
    0x30,
    Buffer.concat([
      der(0x02, Buffer.from([header.getNumber()])),
      der(0x04, header.getPreviousHash_asU8()),
      der(0x04, header.getDataHash_asU8()),
    ]),
  );

/** Changes what a serialised message says. */
type Change<T> = (message: T) => void | Promise<void>;

/** Keys that a run's folder holds. */
export class Forger {
  readonly #stateDir: string;

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /** A peer of each organisation. */
  #peers(): readonly Uint8Array[] {
    const folder = join(this.#stateDir, 'organizations');
    return readdirSync(folder).map((mspId) => {
      const identity = new msp.SerializedIdentity();
      identity.setMspid(mspId);
      identity.setIdBytes(readFileSync(join(folder, mspId, 'peers', 'peer0', 'cert.pem')));
      return identity.serializeBinary();
    });
  }

  /** Signs as the identity of a certificate: a peer's or a user's. */
  #sign(identity: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
    const { mspId, pem } = identityOf(identity);
    const folder = join(this.#stateDir, 'organizations', mspId);
    const homes = [
      join(folder, 'peers', 'peer0'),
      ...readdirSync(join(folder, 'users')).map((name) => join(folder, 'users', name)),
    ];
    const home = homes.find((each) => readFileSync(join(each, 'cert.pem'), 'utf8').trim() === pem.trim());
    if (home === undefined) throw new Error(`${mspId} has no key of this certificate`);
    return newNodeSigner(readFileSync(join(home, 'key.pem'), 'utf8'))(message);
  }

  /** Puts blocks into a chain from the first one on, each signed anew by the peer that had signed it. */
  async chain(blocks: readonly common.Block[]): Promise<void> {
    let previousHash: Uint8Array = new Uint8Array();
    for (const [number, block] of blocks.entries()) {
      const header = block.getHeader() ?? new common.BlockHeader();
      header.setNumber(number);
      header.setPreviousHash(previousHash);
      header.setDataHash(sha256(...(block.getData()?.getDataList_asU8() ?? [])));
      const form = headerForm(header);
      const slots = block.getMetadata()?.getMetadataList_asU8() ?? [];
      const metadata = common.Metadata.deserializeBinary(slots[SIGNATURES] ?? new Uint8Array());
      for (const signature of metadata.getSignaturesList()) {
        const head = signature.getSignatureHeader_asU8();
        const creator = common.SignatureHeader.deserializeBinary(head).getCreator_asU8();
        const message = Buffer.concat([metadata.getValue_asU8(), head, form]);
        signature.setSignature(await this.#sign(creator, message));
      }
      slots[SIGNATURES] = metadata.serializeBinary();
      block.getMetadata()?.setMetadataList(slots);
      previousHash = sha256(form);
    }
  }

  /** What endorsers and maker would have signed, had the contract written something else, or with other certificates. */
  async #resigned(
    envelopeBytes: Uint8Array,
    change: {
      readonly header?: Change<common.ChannelHeader>;
      readonly action?: Change<peer.ChaincodeAction>;
      readonly endorsement?: Change<peer.Endorsement>;
      /** Peers of all organisations endorse it, and not only those that did. */
      readonly byAll?: boolean;
    },
  ): Promise<Uint8Array> {
    const envelope = common.Envelope.deserializeBinary(envelopeBytes);
    const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
    const transaction = peer.Transaction.deserializeBinary(payload.getData_asU8());
    const [action] = transaction.getActionsList();
    if (action === undefined) throw new Error('the transaction has no action');
    const body = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8());
    const endorsed = body.getAction() ?? new peer.ChaincodeEndorsedAction();
    const response = peer.ProposalResponsePayload.deserializeBinary(
      endorsed.getProposalResponsePayload_asU8(),
    );
    const inner = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
    await change.action?.(inner);
    response.setExtension$(inner.serializeBinary());
    const headers = payload.getHeader() ?? new common.Header();
    const header = common.ChannelHeader.deserializeBinary(headers.getChannelHeader_asU8());
    await change.header?.(header);
    headers.setChannelHeader(header.serializeBinary());
    response.setProposalHash(
      sha256(
        headers.getChannelHeader_asU8(),
        headers.getSignatureHeader_asU8(),
        body.getChaincodeProposalPayload_asU8(),
      ),
    );
    const told = response.serializeBinary();
    endorsed.setProposalResponsePayload(told);
    if (change.byAll === true) endorsed.setEndorsementsList(this.#peers().map(unsigned));
    for (const endorsement of endorsed.getEndorsementsList()) {
      await change.endorsement?.(endorsement);
      const endorser = endorsement.getEndorser_asU8();
      endorsement.setSignature(await this.#sign(endorser, Buffer.concat([told, endorser])));
    }
    body.setAction(endorsed);
    action.setPayload(body.serializeBinary());
    payload.setData(transaction.serializeBinary());
    const bytes = payload.serializeBinary();
    envelope.setPayload(bytes);
    const head = payload.getHeader()?.getSignatureHeader_asU8() ?? new Uint8Array();
    const maker = common.SignatureHeader.deserializeBinary(head).getCreator_asU8();
    envelope.setSignature(await this.#sign(maker, bytes));
    return envelope.serializeBinary();
  }

  /**
   * A transaction whose writes are others, endorsed and made by whom it was.
   * @param asked a chaincode that is said to have run and to have called the other, endorsed by everybody
   */
  rewrite(
    envelope: Uint8Array,
    change: (writes: readonly ledger.rwset.kvrwset.KVWrite[]) => void,
    asked?: string,
  ): Promise<Uint8Array> {
    return this.#resigned(envelope, {
      byAll: asked !== undefined,
      header: (header) => {
        const extension = peer.ChaincodeHeaderExtension.deserializeBinary(header.getExtension_asU8());
        if (asked !== undefined) extension.getChaincodeId()?.setName(asked);
        header.setExtension$(extension.serializeBinary());
      },
      action: (inner) => {
        if (asked !== undefined) inner.getChaincodeId()?.setName(asked);
        const sets = ledger.rwset.TxReadWriteSet.deserializeBinary(inner.getResults_asU8());
        for (const set of sets.getNsRwsetList()) {
          const own = ledger.rwset.kvrwset.KVRWSet.deserializeBinary(set.getRwset_asU8());
          change(own.getWritesList());
          set.setRwset(own.serializeBinary());
        }
        inner.setResults(sets.serializeBinary());
      },
    });
  }

  /** From a block on, the peer that orders signs and endorses by a new certificate. */
  async rotate(blocks: readonly common.Block[], from: number): Promise<void> {
    const slots = blocks[1]?.getMetadata()?.getMetadataList_asU8() ?? [];
    const [first] = common.Metadata.deserializeBinary(
      slots[SIGNATURES] ?? new Uint8Array(),
    ).getSignaturesList();
    const header = common.SignatureHeader.deserializeBinary(
      first?.getSignatureHeader_asU8() ?? new Uint8Array(),
    );
    const before = header.getCreator_asU8();
    const { mspId } = identityOf(before);
    const enrolled = await enrol(this.#stateDir, mspId, { name: 'peer0-next', role: 'peer' });
    const identity = new msp.SerializedIdentity();
    identity.setMspid(mspId);
    identity.setIdBytes(Buffer.from(enrolled.certificatePem));
    const next = identity.serializeBinary();
    const isBefore = (bytes: Uint8Array): boolean => Buffer.from(bytes).equals(before);
    for (const block of blocks.slice(from)) {
      const envelopes: Uint8Array[] = [];
      for (const envelope of envelopesOf(block))
        envelopes.push(
          await this.#resigned(envelope, {
            endorsement: (endorsement) => {
              if (isBefore(endorsement.getEndorser_asU8())) endorsement.setEndorser(next);
            },
          }),
        );
      setEnvelopes(block, envelopes);
      const own = block.getMetadata()?.getMetadataList_asU8() ?? [];
      const metadata = common.Metadata.deserializeBinary(own[SIGNATURES] ?? new Uint8Array());
      for (const signature of metadata.getSignaturesList()) {
        const head = common.SignatureHeader.deserializeBinary(signature.getSignatureHeader_asU8());
        if (isBefore(head.getCreator_asU8())) head.setCreator(next);
        signature.setSignatureHeader(head.serializeBinary());
      }
      own[SIGNATURES] = metadata.serializeBinary();
      block.getMetadata()?.setMetadataList(own);
    }
    await this.chain(blocks);
  }
}

const unsigned = (endorser: Uint8Array): peer.Endorsement => {
  const endorsement = new peer.Endorsement();
  endorsement.setEndorser(endorser);
  return endorsement;
};

interface Named {
  readonly mspId: string;
  readonly pem: string;
}

export const identityOf = (bytes: Uint8Array): Named => {
  const identity = msp.SerializedIdentity.deserializeBinary(bytes);
  return { mspId: identity.getMspid(), pem: Buffer.from(identity.getIdBytes_asU8()).toString('utf8') };
};

const actionOf = (envelope: Uint8Array): peer.ChaincodeAction => {
  const payload = common.Payload.deserializeBinary(
    common.Envelope.deserializeBinary(envelope).getPayload_asU8(),
  );
  const [action] = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
  const body = peer.ChaincodeActionPayload.deserializeBinary(action?.getPayload_asU8() ?? new Uint8Array());
  const told = body.getAction()?.getProposalResponsePayload_asU8() ?? new Uint8Array();
  return peer.ChaincodeAction.deserializeBinary(
    peer.ProposalResponsePayload.deserializeBinary(told).getExtension_asU8(),
  );
};

/** Public keys that a transaction writes. */
export const keysWritten = (envelope: Uint8Array): readonly string[] =>
  ledger.rwset.TxReadWriteSet.deserializeBinary(actionOf(envelope).getResults_asU8())
    .getNsRwsetList()
    .flatMap((set) => ledger.rwset.kvrwset.KVRWSet.deserializeBinary(set.getRwset_asU8()).getWritesList())
    .map((write) => write.getKey());

/** Changes the transactions of a block. */
export const setEnvelopes = (block: common.Block, envelopes: readonly Uint8Array[]): void => {
  const data = new common.BlockData();
  data.setDataList([...envelopes]);
  block.setData(data);
};

export const envelopesOf = (block: common.Block): readonly Uint8Array[] =>
  block.getData()?.getDataList_asU8() ?? [];
