import assert from 'node:assert/strict';
import { base64Of, concat, hexOf, utf8, type Bytes } from '../bytes.ts';
import { entryOf, type Block } from '../fabric/block.ts';
import { certify } from '../fabric/testing/certificates.ts';
import { field, numberField } from '../fabric/testing/messages.ts';
import { nodePrimitives } from '../node/primitives.ts';
import type { Primitives } from '../primitives.ts';
import { rootOf } from '../tree.ts';
import { ProvenBlocks, written } from './proven-blocks.ts';

/** Whatever was signed was signed: here it is about what it says. */
const primitives: Primitives = { sha256: nodePrimitives.sha256, verify: () => true };
const { sha256 } = primitives;

const MSP = 'DukeMSP';
const authority = certify('authority', 'authority');
const peer = certify('peer', 'peer', { name: 'authority', key: authority.key });
const identity = concat(field(1, utf8(MSP)), field(2, utf8(peer.pem)));
const SIGNATURE = Uint8Array.of(0x30, 6, 2, 1, 1, 2, 1, 1);

const entry = (key: string, value: Bytes): Bytes => concat(field(1, utf8(key)), field(2, value));
const channelHeader = (type: number, ...more: readonly Bytes[]): Bytes =>
  concat(numberField(1, type), field(4, utf8('roamgrid')), ...more);

const member = field(2, field(2, field(1, utf8(MSP)), field(2, utf8(authority.pem))));
const group = (fields: number, name: string, value: Bytes): Bytes => field(fields, entry(name, value));
const configuration = field(
  1,
  field(1, field(1, channelHeader(1))),
  field(2, field(1, field(2, group(2, 'Application', group(2, MSP, group(3, 'MSP', member)))))),
);

type Sets = Readonly<Record<string, readonly (readonly [key: string, value: string])[]>>;

/** A transaction of a chaincode that writes to several ones’ keys. */
const transaction = (chaincode: string, sets: Sets): Bytes => {
  const nonce = utf8('nonce');
  const name = field(2, utf8(chaincode));
  const id = hexOf(sha256(nonce, identity));
  const header = channelHeader(3, field(5, utf8(id)), field(7, field(2, name)));
  const signatureHeader = concat(field(1, identity), field(2, nonce));
  const results = Object.entries(sets).map(([namespace, writes]) =>
    field(
      2,
      field(1, utf8(namespace)),
      field(2, ...writes.map(([key, value]) => field(3, field(1, utf8(key)), field(3, utf8(value))))),
    ),
  );
  const response = concat(
    field(1, sha256(header, signatureHeader, new Uint8Array())),
    field(2, field(1, ...results), field(4, name)),
  );
  const endorsed = concat(field(1, response), field(2, field(1, identity), field(2, SIGNATURE)));
  const action = concat(field(1, signatureHeader), field(2, field(2, endorsed)));
  return concat(
    field(1, field(1, field(1, header), field(2, signatureHeader)), field(2, field(1, action))),
    field(2, SIGNATURE),
  );
};

/** A checkpoint over the configuration and one block, and the block’s transaction as a bundle proves it. */
const proven = async (envelope: Bytes) => {
  const blockOf = (number: number, bytes: Bytes): Block => ({
    ...{ number, previousHash: new Uint8Array(), envelopes: [bytes] },
    codes: new Uint8Array(number),
    signatures: number === 0 ? new Uint8Array() : field(2, field(1, field(1, identity)), field(2, SIGNATURE)),
  });
  const blocks = [blockOf(0, configuration), blockOf(1, envelope)];
  const entries = blocks.map((each) => entryOf(primitives, each));
  const checkpoint = {
    channel: 'roamgrid',
    blocks: 2,
    hash: '',
    root: rootOf(primitives, entries),
    signers: [],
  };
  const leaves = entries.map((each) => sha256(Uint8Array.of(0), each));
  const carried = blocks.map((block, at) => ({
    ...{ number: block.number, previousHash: '', path: [hexOf(leaves[1 - at] ?? new Uint8Array())] },
    envelopes: block.envelopes.map(base64Of),
    codes: base64Of(block.codes),
    signatures: base64Of(block.signatures),
  }));
  const found = await ProvenBlocks.prove(primitives, checkpoint, carried);
  return found.transaction({ block: 1, tx: 0 });
};

const KEY = 'batch:b1';

describe('what a transaction of a bundle wrote', () => {
  it('is what it wrote to public records, whichever chaincode was asked', async () => {
    const own = await proven(transaction('roaming', { roaming: [[KEY, 'own']] }));
    assert.equal(written(own, KEY), 'own');
    const called = await proven(
      transaction('other', { other: [[KEY, 'of another']], roaming: [[KEY, 'own']] }),
    );
    assert.equal(written(called, KEY), 'own');
  });

  it('is not what another chaincode calls alike, nor one of two values', async () => {
    const other = await proven(transaction('other', { other: [[KEY, 'of another']] }));
    assert.throws(() => written(other, KEY), /batch:b1 was not written where it should have been/);
    const twice = await proven(
      transaction('roaming', {
        roaming: [
          [KEY, 'one'],
          [KEY, 'other'],
        ],
      }),
    );
    assert.throws(() => written(twice, KEY), /batch:b1 was not written where it should have been/);
  });
});
