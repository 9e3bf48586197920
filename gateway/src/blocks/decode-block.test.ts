import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { common } from '@hyperledger/fabric-protos';
import { BlockCorrupt, decodeBlock } from './decode-block.ts';
import { blockDataHash, blockHeaderHash } from './block-hash.ts';

const SCOPE = { chaincode: 'roaming', mspId: 'DukeEnergyMSP' };

const makeBlock = (number: number, data: Uint8Array[], dataHash: Uint8Array): common.Block => {
  const header = new common.BlockHeader();
  header.setNumber(number);
  header.setPreviousHash(Buffer.alloc(32, 1));
  header.setDataHash(dataHash);
  const blockData = new common.BlockData();
  blockData.setDataList(data);
  const block = new common.Block();
  block.setHeader(header);
  block.setData(blockData);
  return block;
};

describe('a block', () => {
  it('is hashed over the ASN.1 form of its header', () => {
    // Written out by hand: SEQUENCE(INTEGER 128, OCTET STRING 01×2, OCTET STRING 02×2).
    const der = Buffer.from('300c' + '02020080' + '04020101' + '04020202', 'hex');
    assert.deepEqual(
      blockHeaderHash(128n, Buffer.from('0101', 'hex'), Buffer.from('0202', 'hex')),
      createHash('sha256').update(der).digest(),
    );
  });

  it('with long content has its lengths in the long form', () => {
    const long = Buffer.alloc(200, 7);
    const der = Buffer.concat([
      Buffer.from('3081d2' + '020101' + '0481c8', 'hex'),
      long,
      Buffer.from('0402aabb', 'hex'),
    ]);
    assert.deepEqual(
      blockHeaderHash(1n, long, Buffer.from('aabb', 'hex')),
      createHash('sha256').update(der).digest(),
    );
  });

  it('is refused when its data is not what its header names', () => {
    const message = new common.Envelope();
    message.setSignature(Buffer.from('signed'));
    const envelope = message.serializeBinary();
    const good = makeBlock(7, [envelope], blockDataHash([envelope]));
    assert.equal(decodeBlock(good, new Map(), SCOPE).number, 7n);
    const forged = makeBlock(7, [envelope, envelope], blockDataHash([envelope]));
    assert.throws(() => decodeBlock(forged, new Map(), SCOPE), BlockCorrupt);
  });
});
