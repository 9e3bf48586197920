import assert from 'node:assert/strict';
import { peer } from '@hyperledger/fabric-protos';
import fc from 'fast-check';
import {
  getStateMultiple,
  readRepeatedBytes,
  writeBatchState,
  type WriteRecord,
} from './peer-batch-messages.ts';

const bytes = fc.uint8Array({ maxLength: 300 });
const record: fc.Arbitrary<WriteRecord> = fc.oneof(
  fc.record({ kind: fc.constant('value' as const), key: fc.string(), value: bytes }),
  fc.record({
    kind: fc.constant('value' as const),
    key: fc.string(),
    value: bytes,
    collection: fc.string({ minLength: 1 }),
  }),
  fc.record({ kind: fc.constant('policy' as const), key: fc.string(), policy: bytes }),
);
const plain = (value: Uint8Array): readonly number[] => [...value];

describe('messages with many keys', () => {
  it("are read by Fabric's own classes as what was written", () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 20 }), (records) => {
        const read = peer.WriteBatchState.deserializeBinary(writeBatchState(records)).getRecList();
        assert.equal(read.length, records.length);
        for (const [index, written] of records.entries()) {
          const found = read[index];
          assert.equal(found?.getKey(), written.key);
          if (written.kind === 'policy') {
            assert.equal(found.getType(), peer.WriteRecord.Type.PUT_STATE_METADATA);
            assert.equal(found.getMetadata()?.getMetakey(), 'VALIDATION_PARAMETER');
            assert.deepEqual(
              plain(found.getMetadata()?.getValue_asU8() ?? new Uint8Array()),
              plain(written.policy),
            );
          } else {
            assert.equal(found.getType(), peer.WriteRecord.Type.PUT_STATE);
            assert.equal(found.getCollection(), written.collection ?? '');
            assert.deepEqual(plain(found.getValue_asU8()), plain(written.value));
          }
        }
      }),
    );
  });

  it('ask for keys in order, and read the values in order, empty ones included', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(bytes), (keys, values) => {
        assert.deepEqual(peer.GetStateMultiple.deserializeBinary(getStateMultiple(keys)).getKeysList(), keys);
        const answer = new peer.GetStateMultipleResult();
        answer.setValuesList(values);
        assert.deepEqual(readRepeatedBytes(answer.serializeBinary()).map(plain), values.map(plain));
      }),
    );
  });

  it('refuse an answer that is cut short or of another kind', () => {
    const answer = new peer.GetStateMultipleResult();
    answer.setValuesList([Uint8Array.from([1, 2, 3])]);
    const whole = answer.serializeBinary();
    for (let length = 1; length < whole.length; length += 1)
      assert.throws(() => readRepeatedBytes(whole.subarray(0, length)), /broken answer/);
    assert.throws(() => readRepeatedBytes(Uint8Array.from([0x12, 0])), /another kind/);
  });
});
