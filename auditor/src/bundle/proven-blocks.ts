import { fromBase64, fromHex, textOf } from '../bytes.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { entryOf, configNumberOf, requireOrdered, type Block } from '../fabric/block.ts';
import { readConfig, type ChannelConfig } from '../fabric/channel-config.ts';
import { envelopesOf, type Envelope } from '../fabric/envelope.ts';
import { Identities } from '../fabric/identity.ts';
import type { NamespaceSet, Version } from '../fabric/rwset.ts';
import { readTransaction, requireSigned, setOf, type Transaction } from '../fabric/transaction.ts';
import { hold, readable } from '../failure.ts';
import type { Json } from '../json.ts';
import type { Primitives } from '../primitives.ts';
import { CHAINCODE } from '../session/records.ts';
import { exactly, list, text, whole } from '../shape.ts';
import { leadsTo } from '../tree.ts';

/** A transaction that stands on the channel, counted there, and is signed by whom it says. */
export interface Proven extends Transaction {
  readonly endorsers: ReadonlySet<string>;
  /** What it did to public records. */
  readonly own: NamespaceSet | undefined;
}

/** A block whose header covers exactly these envelopes. */
interface Bound extends Omit<Block, 'envelopes'> {
  readonly envelopes: readonly Envelope[];
}

/** Configuration in force with those who could sign under it. */
interface Rule {
  readonly config: ChannelConfig;
  readonly members: Identities;
  readonly orderers: Identities;
}

const VALID = 0;

interface Carried {
  readonly block: Block;
  readonly path: readonly Uint8Array[];
}

const readCarried = (value: Json): Carried => {
  const told = exactly(value, 'a block', [
    'codes',
    'envelopes',
    'number',
    'path',
    'previousHash',
    'signatures',
  ]);
  const block = {
    number: whole(told['number'], 'a block’s number'),
    previousHash: fromHex(text(told['previousHash'], 'a block’s previous hash')),
    envelopes: list(told['envelopes'], 'a block’s envelopes').map((each) =>
      fromBase64(text(each, 'an envelope')),
    ),
    codes: fromBase64(text(told['codes'], 'a block’s codes')),
    signatures: fromBase64(text(told['signatures'], 'a block’s signatures')),
  };
  return { block, path: list(told['path'], 'a way').map((each) => fromHex(text(each, 'a way'))) };
};

/** The blocks of a bundle, each proven against the checkpoint and against the configuration that counted for it. */
export class ProvenBlocks {
  readonly #primitives: Primitives;
  readonly #checkpoint: Checkpoint;
  readonly #blocks = new Map<number, Bound>();
  readonly #rules = new Map<number, Rule>();
  readonly #used = new Set<number>();
  readonly #transactions = new Map<string, Proven>();

  private constructor(primitives: Primitives, checkpoint: Checkpoint) {
    this.#primitives = primitives;
    this.#checkpoint = checkpoint;
  }

  /** @throws Failed, Unreadable */
  static async prove(primitives: Primitives, checkpoint: Checkpoint, value: Json): Promise<ProvenBlocks> {
    const proven = new ProvenBlocks(primitives, checkpoint);
    const carried: Block[] = [];
    let before = -1;
    // One after another: what is decoded of a block that does not hold would be for nothing.
    for (const each of list(value, 'the blocks')) {
      const { block, path } = readCarried(each);
      readable(block.number > before, 'the blocks do not ascend');
      before = block.number;
      const way = { index: block.number, size: checkpoint.blocks, path };
      hold(
        leadsTo(primitives, entryOf(primitives, block), way, checkpoint.root),
        `block ${block.number} is not one that the checkpoint covers`,
      );
      readable(
        block.number === 0 || block.codes.length === block.envelopes.length,
        `block ${block.number} has not one code for each transaction`,
      );
      proven.#blocks.set(block.number, { ...block, envelopes: envelopesOf(block) });
      carried.push(block);
    }
    for (const block of carried) await proven.#requireOrdered(block);
    return proven;
  }

  #block(number: number): Bound {
    const block = this.#blocks.get(number);
    hold(block !== undefined, `block ${number} is needed and missing`);
    this.#used.add(number);
    return block;
  }

  /** Block 0 is signed by nobody on a channel of Fabric's own: that it is the first one is the checkpoint's word. */
  async #requireOrdered(block: Block): Promise<void> {
    if (block.number === 0 && block.signatures.length === 0) return;
    const { config, orderers } = this.#rule(configNumberOf(block));
    await requireOrdered(this.#primitives, block, config, orderers);
  }

  #rule(number: number): Rule {
    const known = this.#rules.get(number);
    if (known !== undefined) return known;
    const [envelope, ...more] = this.#block(number).envelopes;
    readable(envelope !== undefined && more.length === 0, `block ${number} holds no configuration`);
    const config = readConfig(envelope);
    hold(config.channel === this.#checkpoint.channel, 'the configuration is another channel’s');
    const members = new Identities(this.#primitives, config.members);
    const orderers = config.orderers.size === 0 ? members : new Identities(this.#primitives, config.orderers);
    const rule = { config, members, orderers };
    this.#rules.set(number, rule);
    return rule;
  }

  /** A transaction that counted. @throws Failed */
  async transaction({ block: number, tx }: Version): Promise<Proven> {
    const id = `${number}/${tx}`;
    const known = this.#transactions.get(id);
    if (known !== undefined) return known;
    const block = this.#block(number);
    const envelope = block.envelopes[tx];
    const what = `transaction ${tx} of block ${number}`;
    hold(envelope !== undefined, `${what} is missing`);
    hold(block.codes[tx] === VALID, `${what} was found invalid and counts for nothing`);
    const transaction = readTransaction(this.#primitives, envelope);
    hold(transaction.channel === this.#checkpoint.channel, `${what} is of another channel`);
    const { members } = this.#rule(configNumberOf(block));
    const endorsers = await requireSigned(transaction, members, what);
    const proven = { ...transaction, endorsers, own: setOf(transaction, CHAINCODE) };
    this.#transactions.set(id, proven);
    return proven;
  }

  /** That every block was needed: what proves nothing has no place in a bundle. @throws Failed */
  requireAllUsed(): void {
    for (const number of this.#blocks.keys())
      hold(this.#used.has(number), `block ${number} proves nothing here`);
  }
}

/** The one value that a transaction wrote to a key. @throws Failed */
export const written = (transaction: Proven, key: string): string => {
  const [write, ...more] = transaction.own?.writes.filter((each) => each.key === key) ?? [];
  hold(write?.value !== undefined && more.length === 0, `${key} was not written where it should have been`);
  return textOf(write.value);
};
