import assert from 'node:assert/strict';
import { JudgedBy } from '../bundle/judged-by.ts';
import { fromHex, utf8 } from '../bytes.ts';
import { SeenBySettle } from '../ledger/bodies/seen.ts';
import { StateRecords } from '../ledger/state.ts';
import { CODE, readsCode } from '../ledger/validity.ts';
import { World } from '../ledger/world.ts';
import { nodePrimitives } from '../node/primitives.ts';
import { Message } from './proto.ts';
import { isSummaryOf, type RangeSummary } from './range-summary.ts';
import { readSets } from './rwset.ts';
import { field, numberField } from './testing/messages.ts';

/** As Fabric's own program sums up `key-00000`, `key-00001`, …, the i-th written by transaction i mod 3 of block 37 i. */
const SUMMARIES = [
  [2, 3, 1, '7a519f13d75f2d092d4a512747111ee8a1ecea42aa681cdf5ca99cf85416da11'],
  [2, 7, 2, '72a75e70e7d125e42c5a1e680e865d608375c4b99e4f51fa8d64e4358b560b4f'],
  [
    ...([2, 28, 3] as const),
    '19ecab2047a86e1674040399cc5d4fd67901dd2d6c04171ebfceb8e17594142a 1d253acb00e2c62220e4c4e5f50a3b45bf48cd315d50bf452dd1c01814950295',
  ],
  [3, 16, 2, '41c8fb949560960003844da77ac17618c08d300e822b870b41224e4d02c5b6f3'],
  [50, 51, 1, '3a0c0b3cfea9f714ab9adf6c1ede66d1428d3655248f3cc789addf260d10d621'],
  [
    ...([50, 103, 1] as const),
    '3a0c0b3cfea9f714ab9adf6c1ede66d1428d3655248f3cc789addf260d10d621 c5f7b55bf929f6b28f7096ce5651c47072d2e50eb2fdb28e52402b25ae4665ee e03806abf3a2362255ed73daa6b63f12dd6a6f04a8cd7180fed8315b9da700c7',
  ],
  [50, 2601, 2, '3bd455b8cbfc90f1570f48d28b712b5a3c34c88d009a5268a0d77f89fc2f06c8'],
  [
    ...([50, 2602, 2] as const),
    '3bd455b8cbfc90f1570f48d28b712b5a3c34c88d009a5268a0d77f89fc2f06c8 1b666fb5cc87d19be29668142491e4027a7f84b3be3738ea6b478cb85368bd62',
  ],
] as const;

const nameOf = (at: number): string => `key-${at.toString().padStart(5, '0')}`;
const readsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ key: nameOf(at), version: { block: at * 37, tx: at % 3 } }));
const summaryOf = (degree: number, level: number, hashes: string): RangeSummary => ({
  degree,
  level,
  hashes: hashes.split(' ').map(fromHex),
});

describe('a range of many keys', () => {
  it('is summed up as Fabric does it, and no other range has its summary', () => {
    for (const [degree, count, level, hashes] of SUMMARIES) {
      const told = summaryOf(degree, level, hashes);
      const reads = readsOf(count);
      const is = (summary: RangeSummary, of = reads) => isSummaryOf(nodePrimitives, summary, of);
      assert.equal(is(told), true, `${count} by ${degree}`);
      assert.equal(is(told, reads.slice(1)), false);
      assert.equal(is(told, readsOf(count + 1)), false);
      assert.equal(is(told, reads.with(1, { key: nameOf(1), version: { block: 38, tx: 1 } })), false);
      assert.equal(is({ ...told, level: level + 1 }), false);
      assert.equal(is({ ...told, hashes: told.hashes.slice(1) }), false);
    }
    assert.equal(
      isSummaryOf(nodePrimitives, { degree: 50, level: 1, hashes: [] }, readsOf(50)),
      false,
      'few',
    );
  });

  const told = summaryOf(50, 1, SUMMARIES[4][3]);
  /** What a transaction says that it read: this range. */
  const sets = readSets(
    new Message(
      field(
        2,
        ...[field(1, utf8('roaming'))],
        field(
          2,
          field(
            2,
            ...[field(1, utf8('key-')), field(2, utf8('key;')), numberField(3, 1)],
            field(
              5,
              numberField(1, told.degree),
              numberField(2, told.level),
              ...told.hashes.map((each) => field(3, each)),
            ),
          ),
        ),
      ),
    ),
  );
  let world: World;
  beforeEach(() => {
    world = new World();
    for (const { key, version } of readsOf(51))
      world.of('roaming').apply([{ key, value: utf8('{}') }], [], version);
    world.commit();
  });

  it('is a phantom on the ledger when its keys are others than those that the summary is of', () => {
    assert.equal(readsCode(nodePrimitives, sets, world), CODE.valid);
    world.of('roaming').apply([{ key: 'key-00051', value: utf8('{}') }], [], { block: 9, tx: 0 });
    assert.equal(readsCode(nodePrimitives, sets, world), CODE.phantom);
  });

  it('is known by its keys where the whole ledger is, and is not judged where only a bundle is', () => {
    const [own] = sets;
    assert.ok(own);
    const seen = new SeenBySettle(own, new StateRecords(world.of('roaming')));
    assert.deepEqual(seen.keys('key-0004').length, 10);
    assert.equal(seen.value('key-00050'), '{}');
    const judged = new JudgedBy({ own }, { transaction: () => Promise.reject(new Error('none')) });
    assert.throws(() => judged.keys('key-0004'), /read more keys from key- on than the ledger names/);
    assert.throws(() => judged.keys('key'), /a bundle cannot prove it/);
    assert.deepEqual(judged.keys('other:'), []);
    assert.deepEqual(judged.keys('claim:'), []);
  });
});
