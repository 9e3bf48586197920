/**
 * `npx tsx bench/src/charger-memory.ts [--records 200,1000] [--tokens 1000,10000,100000]`: what a charger without network takes of memory and of its
 * chips by what it keeps: records that no receipt came for, and ids of tokens that were used. Each row is a process of its own, of one bundle without
 * a loader, after its garbage was collected.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '@roamgrid/domain';
import { issueChargeToken } from '@roamgrid/offline';
import { HOME, Park, SpentTokens, TOKEN } from '@roamgrid/offline/testing';
import { Command } from 'commander';
import { build } from 'esbuild';

const CHILD = join(import.meta.dirname, 'charger-memory-child.ts');
const TOKEN_ID_BYTES = 16;
const CHIPS = ['memory', 'spent', 'vault', 'readings'] as const;

type Chips = Readonly<Record<(typeof CHIPS)[number], Uint8Array>>;

const NOTHING: Chips = {
  memory: new Uint8Array(),
  spent: new Uint8Array(),
  vault: new Uint8Array(),
  readings: new Uint8Array(),
};

const numbersOf = (text: string): readonly number[] => text.split(',').map(Number);

const idOf = (number: number): Uint8Array => {
  const id = new Uint8Array(TOKEN_ID_BYTES);
  // The first eight bytes are kept.
  new DataView(id.buffer).setUint32(2, number);
  return id;
};

/** Sessions, each of another token, whose records nobody has taken, and what was written on all chips for one. */
const withRecords = async (records: number) => {
  const park = new Park(records + 1);
  await park.start();
  const { power } = park.flash.memory;
  const before = power.written;
  for (let number = 1; number <= records; number += 1) {
    const token = await issueChargeToken({ ...TOKEN, tokenId: idOf(number) }, HOME.signer);
    const phone = await park.carried({ token });
    const nothing = () => Promise.resolve();
    unwrap(await park.meet(phone, { kind: 'start', energyWh: 1_000n }, nothing));
    park.outlet.flow(500n);
    unwrap(await park.meet(phone, { kind: 'stop' }, nothing));
  }
  const { memory, spent, vault, readings } = park.flash;
  return {
    chips: { memory: memory.bytes, spent: spent.bytes, vault: vault.bytes, readings: readings.bytes },
    writtenPerSessionBytes: Math.round((power.written - before) / records),
  };
};

/** Ids of tokens of one session each. */
const withTokens = async (tokens: number): Promise<Chips> => {
  const cells: Uint8Array[] = [];
  const spent = await SpentTokens.open({
    load: () => Promise.resolve(new Uint8Array()),
    append: (bytes) => Promise.resolve(void cells.push(bytes)),
    replace: () => Promise.reject(new Error('nothing is forgotten here')),
  });
  for (let number = 1; number <= tokens; number += 1)
    await spent.started({ tokenId: idOf(number), expiresS: TOKEN.expiresS }, 1);
  return { ...NOTHING, spent: new Uint8Array(Buffer.concat(cells)) };
};

const run = async (options: { readonly records: string; readonly tokens: string }) => {
  const folder = mkdtempSync(join(tmpdir(), 'roamgrid-charger-memory-'));
  try {
    const bundle = join(folder, 'charger.mjs');
    await build({
      ...{ entryPoints: [CHILD], outfile: bundle, bundle: true, minify: true, platform: 'node' },
      ...{ target: 'node20', format: 'esm', logLevel: 'error' },
    });
    let charger = 0;
    const measured = (row: object, chips: Chips, capacity: number): void => {
      const at = join(folder, String((charger += 1)));
      mkdirSync(at);
      for (const name of CHIPS) writeFileSync(join(at, name), chips[name]);
      const args = ['--expose-gc', bundle, at, String(capacity)];
      const { keptBytes, rssBytes } = JSON.parse(execFileSync(process.execPath, args).toString()) as Memory;
      const chipBytes = CHIPS.reduce((sum, name) => sum + chips[name].length, 0);
      console.log(JSON.stringify({ ...row, keptBytes, rssBytes, chipBytes }));
    };
    console.log(JSON.stringify({ bundleBytes: statSync(bundle).size, node: process.version }));
    measured({ records: 0, tokens: 0 }, NOTHING, 1);
    for (const records of numbersOf(options.records)) {
      const { chips, ...written } = await withRecords(records);
      measured({ records, tokens: records, ...written }, chips, records + 1);
    }
    for (const tokens of numbersOf(options.tokens))
      measured({ records: 0, tokens }, await withTokens(tokens), 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

interface Memory {
  readonly keptBytes: number;
  readonly rssBytes: number;
}

await new Command('charger-memory')
  .option('--records <list>', 'records that no receipt came for', '200,1000')
  .option('--tokens <list>', 'ids of used tokens', '1000,10000,100000')
  .action(run)
  .parseAsync();
