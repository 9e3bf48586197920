/** Points 17, 18 and 20: endorsement policies, transaction ids, and what is not endorsed. */
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { common, msp } from '@hyperledger/fabric-protos';
import { commit, inOneBlock, rejects, unique } from '../client.ts';
import { CONFORMANCE_CHANNEL, CONFORMANCE_MSPS } from '../ledger-under-test.ts';
import type { SuiteContext } from './context.ts';

const [A, B, C] = CONFORMANCE_MSPS;

export function endorsementTests(context: SuiteContext): void {
  const { clients } = context;

  it('17. endorsers whose results differ give no transaction', async () => {
    const a = await clients().of(0);
    await rejects(a.submit('putPeerMsp', [unique('differ')]), /ProposalResponsePayloads do not match/);
  });

  it("17. one organisation is not a majority of three, two are, and the chaincode's own policy can ask for less", async () => {
    const a = await clients().of(0);
    const key = unique('policy');
    assert.equal((await a.submit('put', [key, 'x'], { endorsers: [A] })).code, 'ENDORSEMENT_POLICY_FAILURE');
    assert.equal(await a.evaluate('get', key), '');
    assert.equal((await a.submit('put', [key, 'x'], { endorsers: [A, C] })).code, 'VALID');
    assert.equal((await a.submit('put', [key, 'x'], { endorsers: [C], chaincode: 'open' })).code, 'VALID');
  });

  it("17. a key with its own policy needs that policy in place of the chaincode's", async () => {
    const a = await clients().of(0);
    const key = unique('key-policy');
    await a.valid('put', [key, '1']);
    await a.valid('setKeyPolicy', [key, JSON.stringify([C])]);
    assert.deepEqual(await a.evaluate('getKeyPolicy', key), [C]);
    assert.equal(
      (await a.submit('put', [key, '2'], { endorsers: [A, B] })).code,
      'ENDORSEMENT_POLICY_FAILURE',
    );
    assert.equal((await a.submit('put', [key, '3'], { endorsers: [C] })).code, 'VALID');
    assert.equal(await a.evaluate('get', key), '3');
    assert.deepEqual(await a.evaluate('getKeyPolicy', key), [C], 'a new value keeps the policy');
  });

  it('17. the gateway finds the endorsers that the keys written ask for', async () => {
    const a = await clients().of(0);
    const key = unique('plan');
    await a.valid('put', [key, '1']);
    await a.valid('setKeyPolicy', [key, JSON.stringify([B, C])]);
    await a.valid('put', [key, '2']);
    assert.equal(await a.evaluate('get', key), '2');
  });

  it('17. changing the policy of a key needs the policy that it has', async () => {
    const a = await clients().of(0);
    const key = unique('re-policy');
    await a.valid('put', [key, '1']);
    await a.valid('setKeyPolicy', [key, JSON.stringify([C])]);
    const taken = await a.submit('setKeyPolicy', [key, JSON.stringify([A])], { endorsers: [A, B] });
    assert.equal(taken.code, 'ENDORSEMENT_POLICY_FAILURE');
  });

  it('17. a key whose policy an earlier transaction of the block changed invalidates a later write', async () => {
    const a = await clients().of(0);
    let key = '';
    const outcomes = await inOneBlock(a, async () => {
      key = unique('changed-policy');
      await a.valid('put', [key, '1']);
      return [
        await a.endorse('setKeyPolicy', [key, JSON.stringify([A])]),
        await a.endorse('put', [key, '2']),
      ];
    });
    assert.deepEqual(
      outcomes.map(({ code }) => code),
      ['VALID', 'ENDORSEMENT_POLICY_FAILURE'],
    );
    assert.equal(await a.evaluate('get', key), '1');
  });

  it('17. policies are checked before versions', async () => {
    const a = await clients().of(0);
    const key = unique('order');
    const stale = await a.endorse('increment', [key], { endorsers: [A] });
    await a.valid('increment', [key]);
    assert.equal((await commit(stale)).code, 'ENDORSEMENT_POLICY_FAILURE');
  });

  it("17. a write to an organisation's implicit collection needs that organisation's endorsement and no other", async () => {
    const [a, c] = [await clients().of(0), await clients().of(2)];
    const collection = `_implicit_org_${C}`;
    const foreign = await a.submit('putPrivate', [collection, unique('foreign'), 'x'], { endorsers: [A, B] });
    assert.equal(foreign.code, 'ENDORSEMENT_POLICY_FAILURE');
    await c.valid('putPrivate', [collection, unique('own'), 'x'], { endorsers: [C] });
  });

  it("17. a private key's own policy stands in for the collection's", async () => {
    const a = await clients().of(0);
    const key = unique('private-policy');
    const put = { endorsers: [A, B] };
    await a.valid('putPrivate', ['shared', key, '1'], put);
    await a.valid('setPrivateKeyPolicy', ['shared', key, JSON.stringify([B])], put);
    const refused = await a.submit('putPrivate', ['shared', key, '2'], { endorsers: [A] });
    assert.equal(refused.code, 'ENDORSEMENT_POLICY_FAILURE');
    await a.valid('putPrivate', ['shared', key, '3'], { endorsers: [B] });
    const b = await clients().of(1);
    assert.equal(await b.evaluate('getPrivate', 'shared', key), '3');
  });

  it('18. the transaction id is SHA-256 of nonce and creator', async () => {
    const a = await clients().of(0);
    const transaction = await a.endorse('put', [unique('id'), 'x']);
    const outcome = await commit(transaction);
    const blocks = await a.gateway
      .getNetwork(CONFORMANCE_CHANNEL)
      .getBlockEvents({ startBlock: BigInt(outcome.block) });
    for await (const block of blocks) {
      const [data = new Uint8Array()] = block.getData()?.getDataList_asU8() ?? [];
      const payload = common.Payload.deserializeBinary(
        common.Envelope.deserializeBinary(data).getPayload_asU8(),
      );
      const header = common.SignatureHeader.deserializeBinary(
        payload.getHeader()?.getSignatureHeader_asU8() ?? new Uint8Array(),
      );
      const hash = createHash('sha256')
        .update(header.getNonce_asU8())
        .update(header.getCreator_asU8())
        .digest('hex');
      assert.equal(hash, outcome.txId);
      assert.equal(msp.SerializedIdentity.deserializeBinary(header.getCreator_asU8()).getMspid(), A);
      break;
    }
    blocks.close();
  });

  it('18. a transaction submitted twice counts once, whether ordering refuses the second or blocks hold both', async () => {
    const a = await clients().of(0);
    const key = unique('twice');
    const network = a.gateway.getNetwork(CONFORMANCE_CHANNEL);
    const transaction = await a.endorse('put', [key, 'x']);
    const told = await transaction.submit();
    const first = await told.getStatus();
    const { resubmission } = context.ledger().ordering;
    if (resubmission === 'refused') await rejects(transaction.submit(), /./);
    else await transaction.submit();
    const last = await a.valid('put', [unique('marker'), 'x']);
    const codes: number[] = [];
    const blocks = await network.getFilteredBlockEvents({ startBlock: first.blockNumber });
    for await (const block of blocks) {
      for (const each of block.getFilteredTransactionsList()) {
        if (each.getTxid() === first.transactionId) codes.push(each.getTxValidationCode());
      }
      if (block.getNumber() >= last.block) break;
    }
    blocks.close();
    assert.deepEqual(codes, resubmission === 'refused' ? [0] : [0, 9], 'VALID, then DUPLICATE_TXID');
    const history = (await a.evaluate('history', key)) as unknown[];
    assert.equal(history.length, 1);
    assert.deepEqual(await told.getStatus(), first, 'its status stays that of the first');
  });

  it('18. a proposal whose transaction is committed is not endorsed again', async () => {
    const a = await clients().of(0);
    const proposal = a.contract().newProposal('put', { arguments: [unique('again'), 'x'] });
    await commit(await proposal.endorse());
    await rejects(proposal.endorse(), /duplicate transaction found/);
  });

  it('18. an invalid transaction stays in its block with its code', async () => {
    const a = await clients().of(0);
    const outcome = await a.submit('put', [unique('invalid'), 'x'], { endorsers: [A] });
    const blocks = await a.gateway
      .getNetwork(CONFORMANCE_CHANNEL)
      .getFilteredBlockEvents({ startBlock: BigInt(outcome.block) });
    for await (const block of blocks) {
      const found = block.getFilteredTransactionsList().find((each) => each.getTxid() === outcome.txId);
      assert.equal(found?.getTxValidationCode(), 10);
      break;
    }
    blocks.close();
  });

  it('20. a response of status 400 or more is not endorsed, and its message reaches the client', async () => {
    const a = await clients().of(0);
    await rejects(a.submit('answer', ['400', 'LIMIT: too much']), /chaincode response 400, LIMIT: too much/);
    await rejects(a.submit('answer', ['500', 'BROKEN: no']), /chaincode response 500, BROKEN: no/);
    await rejects(a.evaluate('answer', '404', 'NONE: nothing'), /chaincode response 404, NONE: nothing/);
  });

  it('20. a response under 400 is endorsed, and its writes are committed', async () => {
    const a = await clients().of(0);
    const key = unique('status');
    await a.valid('answer', ['399', 'fine', key]);
    assert.equal(await a.evaluate('get', key), 'x');
  });
}
