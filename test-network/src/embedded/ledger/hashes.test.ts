import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { BinaryReader } from 'google-protobuf';
import { dataHash, headerHash } from './block.ts';
import { heightBytes } from './height.ts';
import { nextCommitHash, UpdateBatch, updateBytes } from './updates.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('hashes of Fabric', () => {
  it('a block header is hashed as the ASN.1 sequence of number, previous hash and data hash', () => {
    const previousHash = Buffer.alloc(32, 0xaa);
    const data = Buffer.alloc(32, 0xbb);
    const octets = '0420' + 'aa'.repeat(32) + '0420' + 'bb'.repeat(32);
    const expected: [number, string][] = [
      [0, '3047' + '020100' + octets],
      [127, '3047' + '02017f' + octets],
      [128, '3048' + '02020080' + octets],
      [65536, '3049' + '0203010000' + octets],
    ];
    for (const [number, der] of expected) {
      assert.equal(
        headerHash({ number, previousHash, dataHash: data }).toString('hex'),
        sha256(Buffer.from(der, 'hex')),
      );
    }
    const genesis = headerHash({ number: 0, previousHash: Buffer.alloc(0), dataHash: data });
    assert.equal(
      genesis.toString('hex'),
      sha256(Buffer.from('3027' + '020100' + '0400' + '0420' + 'bb'.repeat(32), 'hex')),
    );
  });

  it('data are hashed as the concatenation of the envelopes', () => {
    assert.equal(dataHash([Buffer.from('ab'), Buffer.from('c')]).toString('hex'), sha256(Buffer.from('abc')));
  });

  it('a version is two numbers, each its length and its significant bytes', () => {
    assert.equal(heightBytes({ block: 0, tx: 0 }).toString('hex'), '0000');
    assert.equal(heightBytes({ block: 1, tx: 255 }).toString('hex'), '010101ff');
    assert.equal(heightBytes({ block: 256, tx: 65536 }).toString('hex'), '02010003010000');
  });

  it('updates are serialised by namespace, key, collection and key hash, naming each namespace once', () => {
    const batch = new UpdateBatch();
    const version = { block: 7, tx: 1 };
    batch.setPublic('b', 'z', { value: Buffer.from('1'), metadata: undefined, version });
    batch.setPublic('b', 'y', { value: undefined, metadata: undefined, version });
    batch.setPublic('a', '\u{10000}', { value: Buffer.from('2'), metadata: undefined, version });
    batch.setPublic('a', '\ufffd', { value: Buffer.from('3'), metadata: undefined, version });
    batch.setHashed('b', 'c', 'ff', { value: Buffer.from('4'), metadata: undefined, version });
    const found: string[] = [];
    const reader = new BinaryReader(updateBytes(batch));
    while (reader.nextField()) {
      const fields = ['', '', '', 'put', ''];
      const inner = new BinaryReader(reader.readBytes());
      while (inner.nextField()) {
        const field = inner.getFieldNumber();
        if (field === 4) fields[3] = inner.readBool() ? 'delete' : 'put';
        else if (field === 6) inner.readBytes();
        else
          fields[field - 1] = Buffer.from(inner.readBytes()).toString(
            field === 3 && fields[1] === 'c' ? 'hex' : 'utf8',
          );
      }
      found.push(fields.join('|'));
    }
    assert.deepEqual(found, [
      'a||\ufffd|put|3',
      '||\u{10000}|put|2',
      'b||y|delete|',
      '||z|put|1',
      '|c|ff|put|4',
    ]);
  });

  it('the commit hash chains flags, updates and the hash before', () => {
    const batch = new UpdateBatch();
    batch.setPublic('n', 'k', { value: Buffer.from('v'), metadata: undefined, version: { block: 1, tx: 0 } });
    const flags = Uint8Array.from([0, 11]);
    const previous = Buffer.alloc(32, 1);
    const expected = sha256(Buffer.concat([Buffer.from([2]), flags, updateBytes(batch), previous]));
    assert.equal(nextCommitHash(previous, flags, batch).toString('hex'), expected);
  });
});
