/** Points 15 and 21: chaincode events, how blocks are cut, commit status, resuming. */
import { strict as assert } from 'node:assert';
import type { ChaincodeEvent, CloseableAsyncIterable } from '@hyperledger/fabric-gateway';
import { checkpointers } from '@hyperledger/fabric-gateway';
import { commit, inOneBlock, unique } from '../client.ts';
import type { Outcome } from '../client.ts';
import { CONFORMANCE_BATCH, CONFORMANCE_CHANNEL } from '../ledger-under-test.ts';
import type { SuiteContext } from './context.ts';

async function take<T>(events: CloseableAsyncIterable<T>, count: number): Promise<T[]> {
  const found: T[] = [];
  try {
    for await (const event of events) {
      found.push(event);
      if (found.length === count) break;
    }
  } finally {
    events.close();
  }
  return found;
}

const shape = (event: ChaincodeEvent): [string, string] => [
  event.eventName,
  Buffer.from(event.payload).toString(),
];

export function eventTests(context: SuiteContext): void {
  const { clients } = context;

  it('15. of several events that a transaction sets, the last one is delivered', async () => {
    const a = await clients().of(0);
    const name = unique('event');
    const outcome = await a.valid('emit', [
      JSON.stringify([
        [`${name}1`, 'x'],
        [`${name}2`, 'y'],
      ]),
    ]);
    const network = a.gateway.getNetwork(CONFORMANCE_CHANNEL);
    const [event] = await take(
      await network.getChaincodeEvents('conformance', { startBlock: BigInt(outcome.block) }),
      1,
    );
    assert.ok(event);
    assert.deepEqual(shape(event), [`${name}2`, 'y']);
    assert.equal(event.transactionId, outcome.txId);
    assert.equal(Number(event.blockNumber), outcome.block);
  });

  it('15. an invalid transaction has no event, though its block holds it', async () => {
    const a = await clients().of(0);
    const name = unique('lost');
    const outcomes = await inOneBlock(a, async () => {
      const key = unique('lost-key');
      return [
        await a.endorse('emitAndIncrement', [`${name}valid`, key]),
        await a.endorse('emitAndIncrement', [`${name}invalid`, key]),
      ];
    });
    assert.deepEqual(
      outcomes.map(({ code }) => code),
      ['VALID', 'MVCC_READ_CONFLICT'],
    );
    const block = outcomes[0]?.block ?? 0;
    await a.valid('emit', [JSON.stringify([[`${name}next`, '']])]);
    const network = a.gateway.getNetwork(CONFORMANCE_CHANNEL);
    const events = await take(
      await network.getChaincodeEvents('conformance', { startBlock: BigInt(block) }),
      2,
    );
    assert.deepEqual(
      events.map(({ eventName }) => eventName),
      [`${name}valid`, `${name}next`],
    );
    const [filtered] = await take(await network.getFilteredBlockEvents({ startBlock: BigInt(block) }), 1);
    const codes = new Map(
      filtered?.getFilteredTransactionsList().map((each) => [each.getTxid(), each.getTxValidationCode()]),
    );
    assert.equal(codes.get(outcomes[1]?.txId ?? ''), 11);
  });

  it("15. a called chaincode's event is not delivered, the called one's caller's is", async () => {
    const a = await clients().of(0);
    const name = unique('called');
    const inner = JSON.stringify(['emit', JSON.stringify([[`${name}inner`, '']])]);
    const outcome = await a.valid('call', ['open', '', inner]);
    const outer = await a.valid('emit', [JSON.stringify([[`${name}outer`, '']])]);
    const network = a.gateway.getNetwork(CONFORMANCE_CHANNEL);
    const [event] = await take(
      await network.getChaincodeEvents('conformance', { startBlock: BigInt(outcome.block) }),
      1,
    );
    assert.equal(event?.transactionId, outer.txId);
  });

  it('21. a block is cut when it has its greatest number of transactions', async () => {
    const a = await clients().of(0);
    const prefix = unique('count');
    const transactions = await Promise.all(
      Array.from({ length: CONFORMANCE_BATCH.maxMessageCount * 2 }, (_, index) =>
        a.endorse('put', [`${prefix}${index}`, 'x']),
      ),
    );
    const outcomes = await Promise.all(transactions.map(commit));
    const sizes = new Map<number, number>();
    for (const { block, code } of outcomes) {
      assert.equal(code, 'VALID');
      sizes.set(block, (sizes.get(block) ?? 0) + 1);
    }
    assert.equal(Math.max(...sizes.values()), CONFORMANCE_BATCH.maxMessageCount);
  });

  it('21. two transactions that together exceed the bytes of a block are in different blocks', async () => {
    const a = await clients().of(0);
    const prefix = unique('bytes');
    const value = 'x'.repeat(Math.floor(context.ledger().ordering.cutBytes * 0.3));
    const transactions = await Promise.all(
      ['a', 'b'].map((each) => a.endorse('put', [prefix + each, value])),
    );
    const [first, second] = await Promise.all(transactions.map(commit));
    assert.equal(first?.code, 'VALID');
    assert.equal(second?.code, 'VALID');
    assert.notEqual(first.block, second.block);
  });

  it('21. submitting returns before the commit, and a lone transaction waits for the rest of the batch timeout', async () => {
    const a = await clients().of(0);
    const transaction = await a.endorse('put', [unique('timeout'), 'x']);
    const startedMs = performance.now();
    const submitted = await transaction.submit();
    const submittedMs = performance.now() - startedMs;
    const status = await submitted.getStatus();
    const committedMs = performance.now() - startedMs;
    assert.ok(status.successful);
    const { timeoutFrom } = context.ledger().ordering;
    const leastMs = timeoutFrom === 'first-transaction' ? CONFORMANCE_BATCH.timeoutMs * 0.9 : 0;
    assert.ok(committedMs >= leastMs, `committed after ${committedMs} ms`);
    assert.ok(submittedMs < committedMs, `submitted after ${submittedMs} ms of ${committedMs} ms`);
  });

  it('21. events resume after the transaction of a checkpoint, inside a block too', async () => {
    const a = await clients().of(0);
    const name = unique('resume');
    const network = a.gateway.getNetwork(CONFORMANCE_CHANNEL);
    const outcomes: Outcome[] = await inOneBlock(a, async () =>
      Promise.all(['1', '2', '3'].map((each) => a.endorse('emit', [JSON.stringify([[name + each, '']])]))),
    );
    const checkpointer = checkpointers.inMemory();
    const start = BigInt(outcomes[0]?.block ?? 0);
    const [first] = await take(await network.getChaincodeEvents('conformance', { startBlock: start }), 1);
    assert.ok(first);
    await checkpointer.checkpointChaincodeEvent(first);
    const rest = await take(await network.getChaincodeEvents('conformance', { checkpoint: checkpointer }), 2);
    const seen = [first, ...rest].map(({ transactionId }) => transactionId);
    assert.equal(new Set(seen).size, 3);
    assert.deepEqual(new Set(seen), new Set(outcomes.map(({ txId }) => txId)));
  });

  it('21. blocks, filtered blocks and their links survive a restart, and so does the state', async () => {
    const before = await clients().of(0);
    const key = unique('restart');
    const written = await before.valid('put', [key, 'kept']);
    await context.ledger().restart();
    clients().close();
    const a = await clients().of(0);
    assert.equal(await a.evaluate('get', key), 'kept');
    const network = a.gateway.getNetwork(CONFORMANCE_CHANNEL);
    const status = await network.getFilteredBlockEvents({ startBlock: BigInt(written.block) });
    const [block] = await take(status, 1);
    assert.deepEqual(
      block?.getFilteredTransactionsList().map((each) => each.getTxid()),
      [written.txId],
    );
    assert.equal((await a.valid('increment', [unique('after')])).code, 'VALID');
  });
}
