/** Points 1 to 5: versions, own writes, order inside a block, phantoms, and what is not validated again. */
import { strict as assert } from 'node:assert';
import { commit, inOneBlock, rejects, unique } from '../client.ts';
import type { SuiteContext } from './context.ts';

export function versionTests(context: SuiteContext): void {
  const { clients } = context;

  it('1. a transaction that read a version which changed meanwhile is invalid, even when the value is the same', async () => {
    const a = await clients().of(0);
    const key = unique('version');
    await a.valid('put', [key, '1']);
    const stale = await a.endorse('readWrite', [JSON.stringify([key]), JSON.stringify([[`${key}b`, 'x']])]);
    await a.valid('put', [key, '1']);
    assert.equal((await commit(stale)).code, 'MVCC_READ_CONFLICT');
    assert.equal(await a.evaluate('get', `${key}b`), '');
  });

  it('1. a read of an absent key conflicts when the key is created meanwhile, and not otherwise', async () => {
    const a = await clients().of(0);
    const key = unique('absent');
    const args = [JSON.stringify([key]), JSON.stringify([[`${key}b`, 'x']])];
    const early = await a.endorse('readWrite', args);
    assert.equal((await commit(early)).code, 'VALID');
    const late = await a.endorse('readWrite', args);
    await a.valid('put', [key, '1']);
    assert.equal((await commit(late)).code, 'MVCC_READ_CONFLICT');
  });

  it('2. reads do not see the writes of their own transaction, by key or by range', async () => {
    const a = await clients().of(0);
    const key = unique('own');
    const first = await a.valid('writeThenRead', [key, 'new']);
    assert.deepEqual(JSON.parse(first.result.toString()), { value: '', range: [] });
    const second = await a.valid('writeThenRead', [key, 'newer']);
    assert.deepEqual(JSON.parse(second.result.toString()), { value: 'new', range: [[key, 'new']] });
    assert.equal(await a.evaluate('get', key), 'newer');
  });

  it('3. of two transactions in one block that read and write a key, the first is valid and the second conflicts', async () => {
    const a = await clients().of(0);
    const outcomes = await inOneBlock(a, async () => {
      const key = unique('serial');
      return [await a.endorse('increment', [key]), await a.endorse('increment', [key])];
    });
    assert.deepEqual(
      outcomes.map(({ code }) => code),
      ['VALID', 'MVCC_READ_CONFLICT'],
    );
  });

  it('3. blind writes of one key in one block are all valid and the last one stands', async () => {
    const a = await clients().of(0);
    let key = '';
    const outcomes = await inOneBlock(a, async () => {
      key = unique('blind');
      return [await a.endorse('put', [key, 'first']), await a.endorse('put', [key, 'second'])];
    });
    assert.deepEqual(
      outcomes.map(({ code }) => code),
      ['VALID', 'VALID'],
    );
    assert.equal(await a.evaluate('get', key), 'second');
  });

  it('4. a key that appears, changes or goes in a range that was read makes a phantom', async () => {
    const a = await clients().of(0);
    const changes: [string, string[]][] = [
      ['put', ['b2', 'new']],
      ['put', ['b', 'changed']],
      ['del', ['c']],
    ];
    for (const [name, [suffix = '', ...rest]] of changes) {
      const prefix = unique('phantom');
      await a.valid('putMany', [JSON.stringify([`a`, 'b', 'c'].map((each) => [prefix + each, 'x']))]);
      const range = [prefix, `${prefix}~`, '10', `sum-${prefix}`];
      const stale = await a.endorse('rangeThenPut', range);
      await a.valid(name, [prefix + suffix, ...rest]);
      assert.equal((await commit(stale)).code, 'PHANTOM_READ_CONFLICT', `${name} ${suffix}`);
      assert.equal((await commit(await a.endorse('rangeThenPut', range))).code, 'VALID');
    }
  });

  it('4. a phantom made by a transaction earlier in the same block counts', async () => {
    const a = await clients().of(0);
    const outcomes = await inOneBlock(a, async () => {
      const prefix = unique('inner');
      return [
        await a.endorse('put', [`${prefix}m`, 'x']),
        await a.endorse('rangeThenPut', [prefix, `${prefix}~`, '10', `sum-${prefix}`]),
      ];
    });
    assert.deepEqual(
      outcomes.map(({ code }) => code),
      ['VALID', 'PHANTOM_READ_CONFLICT'],
    );
  });

  it('4. an iterator that was not read to its end covers only what the peer read for it', async () => {
    const a = await clients().of(0);
    const prefix = unique('partial');
    const keys = Array.from({ length: 150 }, (_, index) => `${prefix}${String(index).padStart(3, '0')}`);
    await a.valid('putMany', [JSON.stringify(keys.map((key) => [key, 'x']))]);
    const range = [prefix, `${prefix}~`, '1', `sum-${prefix}`];
    const beyond = await a.endorse('rangeThenPut', range);
    await a.valid('put', [`${prefix}140x`, 'new']);
    assert.equal((await commit(beyond)).code, 'VALID');
    const within = await a.endorse('rangeThenPut', range);
    await a.valid('put', [`${prefix}000x`, 'new']);
    assert.equal((await commit(within)).code, 'PHANTOM_READ_CONFLICT');
  });

  it('5. history that was read is not validated again', async () => {
    const a = await clients().of(0);
    const key = unique('history');
    await a.valid('put', [key, '1']);
    const held = await a.endorse('historyThenPut', [key, `${key}b`]);
    await a.valid('put', [key, '2']);
    assert.equal((await commit(held)).code, 'VALID');
  });

  it('5. a JSON query is refused by a ledger on LevelDB, with the words of that database', async () => {
    const a = await clients().of(0);
    await rejects(a.evaluate('query', '{"selector":{}}'), /ExecuteQuery not supported for leveldb/);
  });
}
