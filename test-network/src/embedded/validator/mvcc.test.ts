import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peer } from '@hyperledger/fabric-protos';
import fc from 'fast-check';
import { openLevel } from '../ledger/database.ts';
import type { Level } from '../ledger/database.ts';
import type { Height } from '../ledger/height.ts';
import { stateKey } from '../ledger/keys.ts';
import { StateDb } from '../ledger/state-db.ts';
import { UpdateBatch } from '../ledger/updates.ts';
import { encodeValue } from '../ledger/values.ts';
import type { KvRead, NamespaceRwset } from '../simulator/rwset.ts';
import { BlockState } from './block-state.ts';
import { checkReads } from './mvcc.ts';
import { applyWrites } from './tx-ops.ts';

const Code = peer.TxValidationCode;
const KEYS = ['a', 'b', 'c', 'd', 'e'];

/** What a random transaction does; versions are those of the block before, as a simulation would see them. */
interface Plan {
  readonly reads: readonly string[];
  readonly range: readonly [string, string] | undefined;
  readonly writes: readonly (readonly [string, string])[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  reads: fc.subarray(KEYS, { maxLength: 2 }),
  range: fc.option(fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom(...KEYS, '')), {
    nil: undefined,
    freq: 2,
  }),
  writes: fc.array(fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom('', '1', '2')), { maxLength: 2 }),
});

type Model = Map<string, { value: string; version: string }>;

function inRange(key: string, [start, end]: readonly [string, string]): boolean {
  return key >= start && (end === '' || key < end);
}

/**
 * The independent rule: a transaction holds when no key it read was written in the block before it (not even deleted
 * while absent) and re-running its range now gives what it gave then.
 */
function modelHolds({ reads, range }: Plan, then: Model, now: Model, written: ReadonlySet<string>): boolean {
  const version = (model: Model, key: string): string | undefined => model.get(key)?.version;
  if (reads.some((key) => written.has(key))) return false;
  if (range === undefined) return true;
  const view = (model: Model): string[] =>
    KEYS.filter((key) => model.has(key) && inRange(key, range)).map(
      (key) => `${key}@${version(model, key) ?? ''}`,
    );
  return view(then).join() === view(now).join();
}

function rwset({ reads, range, writes }: Plan, then: Model): NamespaceRwset[] {
  const height = (key: string): Height | undefined => {
    const [block, tx] = then.get(key)?.version.split('.').map(Number) ?? [];
    return block === undefined || tx === undefined ? undefined : { block, tx };
  };
  const rangeReads: KvRead[] =
    range === undefined
      ? []
      : KEYS.filter((key) => then.has(key) && inRange(key, range)).map((key) => ({
          key,
          version: height(key),
        }));
  return [
    {
      namespace: 'n',
      reads: reads.map((key) => ({ key, version: height(key) })),
      writes: [...new Map(writes)].map(([key, value]) => ({ key, value: Buffer.from(value) })),
      metadataWrites: [],
      rangeQueries:
        range === undefined
          ? []
          : [{ startKey: range[0], endKey: range[1], exhausted: true, reads: rangeReads }],
      collections: [],
    },
  ];
}

describe('validation of reads', function () {
  this.timeout(60_000);
  let directory = '';
  let level: Level;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mvcc-'));
    level = await openLevel(directory);
  });
  after(async () => {
    await level.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('agrees with a model that runs the reads again, over random chains of blocks', async () => {
    const blocks = fc.array(fc.array(plan, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    let conflicts = 0;
    let valid = 0;
    await fc.assert(
      fc.asyncProperty(blocks, async (chain) => {
        await level.clear();
        const state = new StateDb(level);
        let committed: Model = new Map();
        for (const [block, transactions] of chain.entries()) {
          const blockState = new BlockState(state);
          const updates = new UpdateBatch();
          const now: Model = new Map(committed);
          const written = new Set<string>();
          for (const [tx, each] of transactions.entries()) {
            const set = rwset(each, committed);
            const code = await checkReads(set, updates, blockState);
            const expected = modelHolds(each, committed, now, written);
            assert.equal(code === Code.VALID, expected, `block ${block} transaction ${tx}: code ${code}`);
            if (!expected) {
              conflicts += 1;
              continue;
            }
            valid += 1;
            applyWrites(set, { block, tx }, updates, blockState);
            for (const [key, value] of new Map(each.writes)) {
              written.add(key);
              if (value === '') now.delete(key);
              else now.set(key, { value, version: `${block}.${tx}` });
            }
          }
          for (const [key, { value, metadata, version }] of updates.publicUpdates.get('n') ?? []) {
            const row = stateKey('n', key);
            if (value === undefined) await level.del(row);
            else await level.put(row, encodeValue(value, metadata, version));
          }
          committed = now;
        }
        for (const key of KEYS)
          assert.equal(state.get('n', key)?.value.toString(), committed.get(key)?.value);
      }),
      { numRuns: 150 },
    );
    assert.ok(
      conflicts > 20 && valid > 100,
      `${conflicts} conflicts and ${valid} valid transactions were seen`,
    );
  });
});
