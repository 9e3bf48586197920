/** Points 13 and 14: private data, its hashes, its life, and who may touch it. */
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { commit, rejects, unique } from '../client.ts';
import type { TestClient } from '../client.ts';
import { CONFORMANCE_CHANNEL, CONFORMANCE_MSPS } from '../ledger-under-test.ts';
import type { SuiteContext } from './context.ts';

const [A, B, C] = CONFORMANCE_MSPS;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Runs until the value is what is wanted: a block, or private data after it, can come to another peer a moment later. */
async function eventually(read: () => Promise<unknown>, wanted: unknown): Promise<void> {
  const deadline = Date.now() + 5000;
  for (;;) {
    const found = await read().catch((error: unknown) => error);
    try {
      assert.deepEqual(found, wanted);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

export function privateTests(context: SuiteContext): void {
  const { clients } = context;
  const put = { endorsers: [A, B] };

  it("13. a collection's members have its data, every member of the channel has its hash, nobody else its data", async () => {
    const [a, b, c] = [await clients().of(0), await clients().of(1), await clients().of(2)];
    const key = unique('secret');
    await a.valid('putPrivate', ['shared', key], { ...put, transient: { value: 'the value' } });
    assert.equal(await a.evaluate('getPrivate', 'shared', key), 'the value');
    await eventually(() => b.evaluate('getPrivate', 'shared', key), 'the value');
    for (const client of [a, b, c]) {
      assert.equal(await client.evaluate('getPrivateHash', 'shared', key), sha256('the value'));
    }
    await rejects(
      c.evaluate('getPrivate', 'shared', key),
      /private data matching public hash version is not available/,
    );
  });

  it('13. the block has hashes of key and value and neither themselves nor anything transient', async () => {
    const a = await clients().of(0);
    const key = unique('unseen');
    const outcome = await a.valid('putPrivate', ['shared', key], {
      ...put,
      transient: { value: 'transient-value-4711' },
    });
    const bytes = await a.blockBytes(outcome.block);
    assert.ok(bytes.includes(Buffer.from(sha256('transient-value-4711'), 'hex')));
    assert.ok(bytes.includes(Buffer.from(sha256(key), 'hex')));
    assert.ok(!bytes.includes('transient-value-4711'));
  });

  it('13. a private key read at a version that changed meanwhile conflicts, by its hash', async () => {
    const a = await clients().of(0);
    const key = unique('private-version');
    await a.valid('incrementPrivate', ['shared', key], put);
    const stale = await a.endorse('incrementPrivate', ['shared', key], put);
    await a.valid('incrementPrivate', ['shared', key], put);
    assert.equal((await commit(stale)).code, 'MVCC_READ_CONFLICT');
    assert.equal(await a.evaluate('getPrivate', 'shared', key), '2');
  });

  it('13. a private range shows the members their keys, in a transaction that does not write', async () => {
    const a = await clients().of(0);
    const key = unique('private-range');
    await a.valid('putPrivate', ['shared', `${key}1`, 'one'], put);
    await a.valid('putPrivate', ['shared', `${key}2`, 'two'], put);
    assert.deepEqual(await a.evaluate('privateRange', 'shared', key, `${key}~`), [
      [`${key}1`, 'one'],
      [`${key}2`, 'two'],
    ]);
  });

  it('13. deleting private data takes data and hash away', async () => {
    const a = await clients().of(0);
    const key = unique('private-delete');
    await a.valid('putPrivate', ['shared', key, 'x'], put);
    await a.valid('delPrivate', ['shared', key], put);
    assert.equal(await a.evaluate('getPrivate', 'shared', key), '');
    assert.equal(await a.evaluate('getPrivateHash', 'shared', key), '');
  });

  it('13. purged private data is gone from the state and from later deliveries of its block', async () => {
    const a = await clients().of(0);
    const key = unique('purge');
    const written = await a.valid('putPrivate', ['shared', key, 'purge-me'], put);
    assert.ok((await privateDataOf(a, written.block)).includes('purge-me'));
    await a.valid('purgePrivate', ['shared', key], put);
    assert.equal(await a.evaluate('getPrivate', 'shared', key), '');
    assert.equal(await a.evaluate('getPrivateHash', 'shared', key), '');
    await eventually(async () => (await privateDataOf(a, written.block)).includes('purge-me'), false);
  });

  it('13. data of a collection with a block-to-live of two is there for two more blocks and then gone', async () => {
    const a = await clients().of(0);
    const key = unique('expire');
    const other = unique('other');
    await a.valid('putPrivate', ['short-lived', key, 'brief'], put);
    for (let block = 0; block < 2; block += 1) await a.valid('put', [other, String(block)]);
    assert.equal(await a.evaluate('getPrivate', 'short-lived', key), 'brief');
    await a.valid('put', [other, 'last']);
    await eventually(() => a.evaluate('getPrivate', 'short-lived', key), '');
    assert.equal(await a.evaluate('getPrivateHash', 'short-lived', key), '');
  });

  it('13. block events with private data bring a member the data of its collections and others none', async () => {
    const [a, c] = [await clients().of(0), await clients().of(2)];
    const key = unique('delivered');
    const { block } = await a.valid('putPrivate', ['shared', key, 'delivered-value'], put);
    assert.ok((await privateDataOf(a, block)).includes('delivered-value'));
    assert.ok(!(await privateDataOf(c, block)).includes('delivered-value'));
  });

  it('14. with member-only read and write, an outsider is refused at a peer that has the data', async () => {
    const [a, c] = [await clients().of(0), await clients().of(2)];
    const key = unique('members');
    await a.valid('putPrivate', ['members-only', key, 'inside'], put);
    await rejects(
      c.evaluateRaw('getPrivate', ['members-only', key], { endorsers: [A] }),
      /tx creator does not have read access permission on privatedata/,
    );
    await rejects(
      c.submit('putPrivate', ['members-only', key, 'outside'], put),
      /tx creator does not have write access permission on privatedata/,
    );
  });

  it("14. an organisation's implicit collection is there without being defined, and only it has the data", async () => {
    const [a, c] = [await clients().of(0), await clients().of(2)];
    const key = unique('implicit');
    const collection = `_implicit_org_${C}`;
    await c.valid('putPrivate', [collection, key, 'mine'], { endorsers: [C] });
    assert.equal(await c.evaluate('getPrivate', collection, key), 'mine');
    // Another peer has the block a moment later.
    await eventually(() => a.evaluate('getPrivateHash', collection, key), sha256('mine'));
    await rejects(
      a.evaluate('getPrivate', collection, key),
      /private data matching public hash version is not available/,
    );
  });

  it('14. a collection that is not defined is refused', async () => {
    const a = await clients().of(0);
    await rejects(
      a.evaluate('getPrivate', 'nowhere', 'k'),
      /collection conformance\/conformance\/nowhere could not be found/,
    );
  });
}

/** All private bytes that the block brings to this client. */
async function privateDataOf(client: TestClient, block: number): Promise<Buffer> {
  const network = client.gateway.getNetwork(CONFORMANCE_CHANNEL);
  const events = await network.getBlockAndPrivateDataEvents({ startBlock: BigInt(block) });
  try {
    for await (const each of events) {
      const found = [...each.getPrivateDataMapMap().entries()] as [
        number,
        { serializeBinary(): Uint8Array },
      ][];
      return Buffer.concat(found.map(([, set]) => set.serializeBinary()));
    }
    throw new Error('no block came');
  } finally {
    events.close();
  }
}
