import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { common } from '@hyperledger/fabric-protos';
import {
  codesOf,
  envelopesOf,
  Forger,
  keysWritten,
  readBlocks,
  setCodes,
  setEnvelopes,
  writeBlocks,
} from './forger.ts';
import { impersonate } from './impersonate.ts';

/** A real ledger, each time with one thing in it that is not so. */

export interface AlteredLedger {
  readonly what: string;
  /** What is said of it first. */
  readonly failure: RegExp;
  readonly blocks: string;
  readonly bodies?: string;
}

type Alter = (blocks: common.Block[], forger: Forger) => common.Block[] | Promise<common.Block[]>;

/** The first block with a transaction that counts and writes a key which begins so. */
const findWriting = (blocks: readonly common.Block[], begin: string): common.Block => {
  const found = blocks
    .slice(1)
    .find(
      (block) =>
        codesOf(block).every((code) => code === 0) &&
        envelopesOf(block).some((envelope) => keysWritten(envelope).some((key) => key.startsWith(begin))),
    );
  if (found === undefined) throw new Error(`no block writes ${begin}`);
  return found;
};

/** Endorsed, made, ordered and chained again by whoever holds all keys: only what was written tells. */
const rewriting =
  (begin: string, change: (record: Record<string, unknown>) => void, asked?: string): Alter =>
  async (blocks, forger) => {
    const block = findWriting(blocks, begin);
    const envelopes: Uint8Array[] = [];
    for (const envelope of envelopesOf(block))
      envelopes.push(
        await forger.rewrite(
          envelope,
          (writes) => {
            for (const write of writes) {
              if (!write.getKey().startsWith(begin)) continue;
              const text = Buffer.from(write.getValue_asU8()).toString('utf8');
              const record = JSON.parse(text) as Record<string, unknown>;
              change(record);
              write.setValue(Buffer.from(JSON.stringify(record)));
            }
          },
          asked,
        ),
      );
    setEnvelopes(block, envelopes);
    await forger.chain(blocks);
    return blocks;
  };

const doubled = (record: Record<string, unknown>): void => {
  for (const position of record['positions'] as Record<string, string>[])
    position['netMicros'] = (BigInt(position['netMicros'] ?? '') * 2n).toString();
};

const ALTERATIONS: readonly (readonly [what: string, failure: RegExp, alter: Alter])[] = [
  [
    'a byte of a transaction',
    /block \d+: its transactions are not those of its header/,
    (blocks) => {
      const block = findWriting(blocks, 'batch:');
      const [first, ...more] = envelopesOf(block);
      const changed = Buffer.from(first ?? []);
      changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
      setEnvelopes(block, [changed, ...more]);
      return blocks;
    },
  ],
  [
    'two transactions in one envelope, of which the second one is read, the chain signed anew',
    /block \d+: its envelope 0 is not one payload and one signature alone, so nothing binds it/,
    async (blocks, forger) => {
      const block = findWriting(blocks, 'batch:');
      const before = blocks[blocks.indexOf(block) - 1] ?? block;
      const [first, ...more] = envelopesOf(block);
      setEnvelopes(block, [Buffer.concat([...envelopesOf(before), first ?? new Uint8Array()]), ...more]);
      await forger.chain(blocks);
      return blocks;
    },
  ],
  [
    'an envelope of nothing beside a transaction, said not to count',
    /block \d+: its envelope 1 is not one payload and one signature alone, so nothing binds it/,
    (blocks) => {
      // The transactions put together are the same, and so is the header.
      const block = findWriting(blocks, 'batch:');
      setEnvelopes(block, [
        ...envelopesOf(block).slice(0, 1),
        new Uint8Array(),
        ...envelopesOf(block).slice(1),
      ]);
      setCodes(block, Buffer.from([...codesOf(block).subarray(0, 1), 254, ...codesOf(block).subarray(1)]));
      return blocks;
    },
  ],
  [
    'a block that is left out',
    /block 6 stands where block 5 should/,
    (blocks) => blocks.filter((_, number) => number !== 5),
  ],
  [
    'a transaction that is said not to count',
    /is said to have code 11, and by what stands before it it counts/,
    (blocks) => {
      const block = findWriting(blocks, 'batch:');
      const [, ...others] = codesOf(block);
      setCodes(block, Buffer.from([11, ...others]));
      return blocks;
    },
  ],
  [
    'a signature of another block',
    /block \d+: the signature does not verify/,
    (blocks) => {
      const [one, other] = blocks.slice(-2);
      const slots = one?.getMetadata()?.getMetadataList_asU8() ?? [];
      const others = other?.getMetadata()?.getMetadataList_asU8() ?? [];
      other?.getMetadata()?.setMetadataList([slots[0] ?? new Uint8Array(), ...others.slice(1)]);
      return blocks;
    },
  ],
  [
    'a certificate with a member’s signature and somebody else’s key',
    /block \d+: its certificate is of no member of the channel/,
    async (blocks) => {
      const last = blocks.at(-1);
      if (last !== undefined) await impersonate(last);
      return blocks;
    },
  ],
  [
    'a chain without its last blocks',
    /the checkpoint covers \d+ blocks and there are \d+/,
    (blocks) => blocks.slice(0, -12),
  ],
  [
    'an opening that was never there, the chain signed anew',
    /is said to have code 0, and by what stands before it it counts for nothing/,
    async (blocks, forger) => {
      const without = blocks.filter((block) => block !== findWriting(blocks, 'opening:'));
      await forger.chain(without);
      return without;
    },
  ],
  [
    'a batch with one record more, endorsed by both',
    /another number of sessions was closed than the batch has records/,
    rewriting('batch:', (record) => {
      record['toSequence'] = Number(record['toSequence']) + 1;
    }),
  ],
  [
    'an end of a number that was never opened, endorsed by both',
    /number \d+ of .* ended and was never opened/,
    rewriting('ends:', (record) => {
      record['gone'] = Buffer.from([0, 0, 0, 1]).toString('base64');
    }),
  ],
  [
    'a position that nobody’s balances come to',
    /positions of 2 members are not what their commitments open to/,
    rewriting('netting:', doubled),
  ],
  [
    'such a position, written by a chaincode that called ours',
    /positions of 2 members are not what their commitments open to/,
    rewriting('netting:', doubled, '_lifecycle'),
  ],
  [
    'a last block without its transactions, the chain signed anew',
    /the blocks are not those that the checkpoint covers/,
    async (blocks, forger) => {
      // Nothing after it misses what it did, so nothing but the checkpoint tells.
      const last = blocks.at(-1);
      if (last !== undefined) setEnvelopes(last, []);
      if (last !== undefined) setCodes(last, new Uint8Array());
      await forger.chain(blocks);
      return blocks;
    },
  ],
];

type AlterBody = (folder: string) => void;

const alterFile =
  (begin: string, change: (text: string) => string): AlterBody =>
  (folder) => {
    const name = readdirSync(folder).find((each) => each.startsWith(begin));
    if (name === undefined) throw new Error(`there is no ${begin}`);
    const path = join(folder, name);
    const before = readFileSync(path, 'utf8');
    const after = change(before);
    if (before === after) throw new Error(`${name} was not changed`);
    writeFileSync(path, after);
  };

const without =
  (begin: string): AlterBody =>
  (folder) => {
    for (const name of readdirSync(folder).filter((each) => each.startsWith(begin)))
      rmSync(join(folder, name));
  };

const BODIES: readonly (readonly [what: string, failure: RegExp, alter: AlterBody])[] = [
  [
    'a register of a session',
    /the sessions given are not those under its root/,
    alterFile('batch-', (text) => text.replace(/(registerMilliWh\\":\\"\d*?)(\d)(\\")/, '$17$3')),
  ],
  [
    'a total of a batch',
    /the sums of the batch do not hash to what the ledger holds/,
    alterFile('batch-', (text) => text.replace(/(totalMicros\\":\\")\d/, '$10')),
  ],
  [
    'the way to an opening',
    /not the number of the opening that it says|not under the opening’s root|was not judged by opening/,
    alterFile('batch-', (text) => text.replace(/\\"slot\\":(\d+)/, '\\"slot\\":9$1')),
  ],
  [
    'an invoice',
    /the body given is not its own/,
    alterFile('invoice-', (text) => text.replace(/("totalMicros":")\d/, '$10')),
  ],
  [
    'the terms',
    /the terms of .* are not among the bodies/,
    alterFile('terms-', (text) => text.replace(/("maxSessionMicros":")\d/, '$10')),
  ],
  [
    'a batch that is not shown',
    /batch:.*: its bodies are missing, and \w+ never purged them/,
    without('batch-'),
  ],
  [
    'an invoice that is not shown',
    /invoice:.*: its bodies are missing, and \w+ never purged them/,
    without('invoice-'),
  ],
  [
    'whose they are',
    /batch:.*: its bodies are given, and USGPC is no party of it/,
    alterFile('of.json', (text) => text.replace(/USALP|USDUK/, 'USGPC')),
  ],
];

/**
 * Writes altered ledgers one after another.
 * @param ledger a folder with the blocks and bodies of a ledger that holds
 * @param stateDir of the run that made it, with its keys
 */
export async function* alteredLedgers(ledger: string, stateDir: string): AsyncGenerator<AlteredLedger> {
  const forger = new Forger(stateDir);
  const whole = join(ledger, 'blocks');
  const blocks = join(stateDir, 'altered-blocks');
  for (const [what, failure, alter] of ALTERATIONS) {
    writeBlocks(blocks, await alter(readBlocks(whole), forger));
    yield { what, failure, blocks };
  }
  const bodies = join(stateDir, 'altered-bodies');
  for (const [what, failure, alter] of BODIES) {
    rmSync(bodies, { recursive: true, force: true });
    cpSync(join(ledger, 'bodies'), bodies, { recursive: true });
    alter(bodies);
    yield { what, failure, blocks: whole, bodies };
  }
}
