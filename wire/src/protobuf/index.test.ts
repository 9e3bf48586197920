import assert from 'node:assert/strict';
import { BinaryReader, BinaryWriter } from 'google-protobuf';
import '@roamgrid/wire/protobuf';

const written = (text: string): Uint8Array => {
  const writer = new BinaryWriter();
  writer.writeString(1, text);
  return writer.getResultBuffer();
};
const textIn = (bytes: Uint8Array): string => {
  const reader = new BinaryReader(bytes);
  assert.ok(reader.nextField());
  return reader.readString();
};

describe('a text in a message of Fabric', () => {
  it('is what was written', () => {
    for (const text of ['', 'roaming', 'Zürich 😀', 'a\0b', 'x'.repeat(70_000)])
      assert.equal(textIn(written(text)), text);
  });

  it('that says it is longer than its message is refused', () => {
    const bytes = written('roaming');
    assert.throws(() => textIn(bytes.subarray(0, bytes.length - 1)));
    assert.throws(() => textIn(bytes.subarray(0, 2)));
  });
});
