import assert from 'node:assert/strict';
import { base64Of, concat, hexOf, utf8, type Bytes } from '../bytes.ts';
import { ProvenBlocks } from '../bundle/proven-blocks.ts';
import { Failed, Unreadable } from '../failure.ts';
import { nodePrimitives } from '../node/primitives.ts';
import { rootOf } from '../tree.ts';
import { entryOf, headerOf, type Block } from './block.ts';
import { envelopesOf } from './envelope.ts';
import { Message } from './proto.ts';
import { field, numberField } from './testing/messages.ts';

const NOTHING = new Uint8Array();
const envelope = (name: string): Bytes =>
  concat(field(1, utf8(`payload of ${name}`.repeat(20))), field(2, utf8(`signature of ${name}`)));
const [one, other] = [envelope('one'), envelope('other')];
const blockOf = (...envelopes: readonly Bytes[]): Block => ({
  number: 7,
  previousHash: NOTHING,
  envelopes,
  codes: new Uint8Array(envelopes.length),
  signatures: NOTHING,
});

describe('an envelope', () => {
  it('is one payload and then one signature, which are read as they stand', () => {
    const found = envelopesOf(blockOf(one, other));
    assert.deepEqual(
      found.map(({ payload, signature }) => [payload, signature]),
      ['one', 'other'].map((name) => [utf8(`payload of ${name}`.repeat(20)), utf8(`signature of ${name}`)]),
    );
    const unsigned = field(1, utf8('genesis'));
    assert.equal(envelopesOf({ ...blockOf(unsigned), number: 0 })[0]?.signature.length, 0);
  });

  const [payload, signature] = [field(1, utf8('p')), field(2, utf8('s'))];
  const cases: readonly [what: string, bytes: Bytes][] = [
    ['two of them put together', concat(one, other)],
    ['nothing', NOTHING],
    ['a payload alone', payload],
    ['a signature alone', signature],
    ['a signature before its payload', concat(signature, payload)],
    ['a second payload', concat(payload, payload, signature)],
    ['a second signature', concat(payload, signature, signature)],
    ['an empty payload', concat(field(1), signature)],
    ['an empty signature', concat(payload, field(2))],
    ['a field that nobody knows', concat(payload, signature, numberField(3, 1))],
    ['a length that is not the shortest', concat(Uint8Array.of(0x0a, 0x81, 0x00, 0x70), signature)],
    ['an end before its end', one.subarray(0, -1)],
    ['bytes after its end', concat(one, Uint8Array.of(0))],
  ];
  for (const [what, bytes] of cases)
    it(`is not ${what}`, () => {
      assert.throws(
        () => envelopesOf(blockOf(one, bytes)),
        (thrown) =>
          thrown instanceof Failed &&
          thrown.message ===
            'block 7: its envelope 1 is not one payload and one signature alone, so nothing binds it',
      );
    });

  it('cannot be dropped or moved in a bundle, though header, codes and checkpoint stay the same', async () => {
    const whole = { ...blockOf(one, other), number: 0, codes: NOTHING };
    const checkpoint = {
      channel: 'roamgrid',
      blocks: 1,
      hash: hexOf(nodePrimitives.sha256(headerOf(nodePrimitives, whole))),
      root: rootOf(nodePrimitives, [entryOf(nodePrimitives, whole)]),
      signers: [],
    };
    const prove = (...envelopes: readonly Bytes[]) =>
      ProvenBlocks.prove(nodePrimitives, checkpoint, [
        {
          ...{ codes: '', number: 0, path: [], previousHash: '', signatures: '' },
          envelopes: envelopes.map(base64Of),
        },
      ]);
    await prove(one, other);
    for (const altered of [
      [NOTHING, concat(one, other)],
      [concat(one, other), NOTHING],
    ])
      await assert.rejects(prove(...altered), /block 0: its envelope 0 is not one payload and one signature/);
  });
});

describe('a message', () => {
  it('says nothing by a field that stands twice where it means one: of such readers differ', () => {
    const twice = new Message(concat(field(1, utf8('one')), field(1, utf8('other')), numberField(2, 1)));
    assert.deepEqual(twice.list(1), [utf8('one'), utf8('other')]);
    assert.equal(twice.number(2), 1);
    assert.throws(() => twice.bytes(1), Unreadable);
    assert.throws(() => twice.message(1), Unreadable);
    assert.throws(() => new Message(concat(numberField(3, 1), numberField(3, 2))).number(3), Unreadable);
  });
});
