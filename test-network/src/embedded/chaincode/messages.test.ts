import { strict as assert } from 'node:assert';
import { peer } from '@hyperledger/fabric-protos';
import fc from 'fast-check';
import { decodeKeyRequest, decodeMessage, encodeMessage, MalformedMessageError } from './messages.ts';

const bytes = fc.uint8Array({ maxLength: 300 });
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const same = (a: Uint8Array | undefined, b: Uint8Array): boolean => Buffer.from(a ?? []).equals(b);

describe('messages of the chaincode stream', () => {
  it('are read as the generated classes write them, and the other way round', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 25 }),
        bytes,
        text,
        text,
        bytes,
        bytes,
        (type, payload, txId, channelId, a, b) => {
          const proposal = new peer.SignedProposal();
          proposal.setProposalBytes(a);
          const event = new peer.ChaincodeEvent();
          event.setPayload(b);
          const generated = new peer.ChaincodeMessage();
          generated.setType(type as peer.ChaincodeMessage.TypeMap[keyof peer.ChaincodeMessage.TypeMap]);
          generated.setPayload(payload);
          generated.setTxid(txId);
          generated.setChannelId(channelId);
          generated.setProposal(proposal);
          generated.setChaincodeEvent(event);
          const read = decodeMessage(Buffer.from(generated.serializeBinary()));
          assert.deepEqual([read.type, read.txId, read.channelId], [type, txId, channelId]);
          assert.ok(same(read.payload, payload));
          assert.ok(same(read.proposal, proposal.serializeBinary()));
          assert.ok(same(read.event, event.serializeBinary()));
          const back = peer.ChaincodeMessage.deserializeBinary(encodeMessage(read));
          assert.deepEqual([back.getType(), back.getTxid(), back.getChannelId()], [type, txId, channelId]);
          assert.ok(same(back.getPayload_asU8(), payload));
          assert.ok(same(back.getProposal()?.getProposalBytes_asU8(), a));
          assert.ok(same(back.getChaincodeEvent()?.getPayload_asU8(), b));
        },
      ),
    );
  });

  it('requests for a key are read as the generated classes write them', () => {
    fc.assert(
      fc.property(text, text, bytes, (key, collection, value) => {
        const put = new peer.PutState();
        put.setKey(key);
        put.setCollection(collection);
        put.setValue(value);
        const read = decodeKeyRequest(put.serializeBinary(), true);
        assert.deepEqual([read.key, read.collection], [key, collection]);
        assert.ok(same(read.value, value));
        for (const message of [new peer.GetState(), new peer.DelState()]) {
          message.setKey(key);
          message.setCollection(collection);
          const plain = decodeKeyRequest(message.serializeBinary(), false);
          assert.deepEqual([plain.key, plain.collection, plain.value.length], [key, collection, 0]);
        }
      }),
    );
  });

  it('bytes that are no message are refused or read, and nothing else happens', () => {
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          decodeMessage(Buffer.from(input));
        } catch (error) {
          assert.ok(error instanceof MalformedMessageError);
        }
      }),
    );
  });
});
