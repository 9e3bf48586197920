/** Points 6 to 12: pagination, ranges, composite keys, order, empty values, bookmarks, history. */
import { strict as assert } from 'node:assert';
import { rejects, unique } from '../client.ts';
import type { SuiteContext } from './context.ts';

interface Page {
  readonly found: [string, string][];
  readonly bookmark: string;
  readonly fetchedRecordsCount: number;
}

export function rangeTests(context: SuiteContext): void {
  const { clients } = context;

  it('6. a paginated query and a write cannot be in one transaction, in either order', async () => {
    const a = await clients().of(0);
    await rejects(
      a.submit('pageThenPut', [unique('page')]),
      /already performed a paginated query. Writes are not allowed/,
    );
    await rejects(
      a.submit('putThenPage', [unique('page')]),
      /Paginated queries are supported only in a read-only transaction/,
    );
  });

  it('7. a range has its start, not its end', async () => {
    const a = await clients().of(0);
    const prefix = unique('range');
    await a.valid('putMany', [JSON.stringify(['a', 'b', 'c'].map((each) => [prefix + each, each]))]);
    assert.deepEqual(await a.evaluate('range', `${prefix}a`, `${prefix}c`), [
      [`${prefix}a`, 'a'],
      [`${prefix}b`, 'b'],
    ]);
    assert.deepEqual(await a.evaluate('range', `${prefix}b`, `${prefix}c~`), [
      [`${prefix}b`, 'b'],
      [`${prefix}c`, 'c'],
    ]);
  });

  it('7. an open range shows simple keys only, and a simple key may not begin with U+0000', async () => {
    const a = await clients().of(0);
    const type = unique('hidden');
    await a.valid('putComposite', [type, '["x"]', 'composite'], { chaincode: 'open' });
    await a.valid('put', [`${type}simple`, 'simple'], { chaincode: 'open' });
    const all = JSON.parse(
      (await a.evaluateRaw('range', ['', ''], { chaincode: 'open' })).toString(),
    ) as string[][];
    assert.ok(all.some(([key]) => key === `${type}simple`));
    assert.ok(all.every(([key]) => key?.startsWith('\u0000') === false));
    await rejects(a.evaluate('range', '\u0000a', '\u0000b'), /null character/);
  });

  it('8. a composite key is U+0000, the type and each attribute ended by U+0000; a partial scan reaches U+10FFFF', async () => {
    const a = await clients().of(0);
    const type = unique('composite');
    const parts = [
      ['x', '1'],
      ['x', '2'],
      ['x', '\u{10FFFE}'],
      ['xy', '1'],
    ];
    for (const part of parts) {
      const outcome = await a.valid('putComposite', [type, JSON.stringify(part), part.join('+')]);
      const hex = JSON.parse(outcome.result.toString()) as string;
      assert.equal(
        Buffer.from(hex, 'hex').toString('utf8'),
        `\u0000${type}\u0000${part.join('\u0000')}\u0000`,
      );
    }
    const found = (await a.evaluate('partial', type, '["x"]')) as [{ attributes: string[] }, string][];
    assert.deepEqual(
      found.map(([key]) => key.attributes),
      parts.slice(0, 3),
    );
    assert.equal(((await a.evaluate('partial', type, '[]')) as unknown[]).length, 4);
  });

  it('9. keys are in the order of their UTF-8 bytes', async () => {
    const a = await clients().of(0);
    const prefix = unique('utf8');
    const keys = ['z', '\u00e9', '\ufffd', '\u{10000}', 'Z'];
    await a.valid('putMany', [JSON.stringify(keys.map((each) => [prefix + each, 'x']))]);
    const found = (await a.evaluate('range', prefix, `${prefix}\u{10FFFF}`)) as [string, string][];
    assert.deepEqual(
      found.map(([key]) => key.slice(prefix.length)),
      ['Z', 'z', '\u00e9', '\ufffd', '\u{10000}'],
    );
  });

  it('10. an empty value deletes the key', async () => {
    const a = await clients().of(0);
    const key = unique('empty');
    await a.valid('put', [key, 'x']);
    await a.valid('put', [key, '']);
    assert.deepEqual(await a.evaluate('range', key, `${key}~`), []);
    const [newest] = (await a.evaluate('history', key)) as { isDelete: boolean }[];
    assert.equal(newest?.isDelete, true);
  });

  it('11. pages follow one another by bookmark, count what they fetched and end with an empty bookmark', async () => {
    const a = await clients().of(0);
    const prefix = unique('bookmark');
    const keys = ['a', 'b', 'c', 'd', 'e'].map((each) => prefix + each);
    await a.valid('putMany', [JSON.stringify(keys.map((key) => [key, 'x']))]);
    const seen: string[] = [];
    const counts: number[] = [];
    let bookmark = '';
    do {
      const page = (await a.evaluate('page', prefix, `${prefix}~`, '2', bookmark)) as Page;
      seen.push(...page.found.map(([key]) => key));
      counts.push(page.fetchedRecordsCount);
      bookmark = page.bookmark;
    } while (bookmark !== '' && counts.length < 10);
    assert.deepEqual(seen, keys);
    assert.deepEqual(counts, [2, 2, 1]);
  });

  it('11. a range of more results than a batch holds arrives whole', async () => {
    const a = await clients().of(0);
    const prefix = unique('batches');
    const keys = Array.from({ length: 250 }, (_, index) => `${prefix}${String(index).padStart(3, '0')}`);
    await a.valid('putMany', [JSON.stringify(keys.map((key) => [key, 'x']))]);
    const found = (await a.evaluate('range', prefix, `${prefix}~`)) as [string, string][];
    assert.deepEqual(
      found.map(([key]) => key),
      keys,
    );
  });

  it('12. history is newest first, with the time of the client and deletes marked', async () => {
    const a = await clients().of(0);
    const key = unique('past');
    const before = Date.now();
    const outcomes = [
      await a.valid('put', [key, 'one']),
      await a.valid('put', [key, 'two']),
      await a.valid('del', [key]),
    ];
    const after = Date.now();
    const history = (await a.evaluate('history', key)) as {
      txId: string;
      value: string;
      isDelete: boolean;
      timestamp: { seconds: string | number; nanos: number };
    }[];
    assert.deepEqual(
      history.map(({ txId, value, isDelete }) => [txId, value, isDelete]),
      [
        [outcomes[2]?.txId, '', true],
        [outcomes[1]?.txId, 'two', false],
        [outcomes[0]?.txId, 'one', false],
      ],
    );
    for (const { timestamp } of history) {
      const timeMs = Number(timestamp.seconds) * 1000 + timestamp.nanos / 1e6;
      assert.ok(timeMs >= before - 1 && timeMs <= after + 1, `${timeMs} is between ${before} and ${after}`);
    }
  });
}
