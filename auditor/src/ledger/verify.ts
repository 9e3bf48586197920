import { same, type Bytes } from '../bytes.ts';
import { readCheckpoint, type Checkpoint } from '../checkpoint.ts';
import type { StoredBlock } from '../fabric/stored-block.ts';
import { Failed, hold, Unreadable } from '../failure.ts';
import type { Primitives } from '../primitives.ts';
import { rootOf } from '../tree.ts';
import type { BodySource } from './bodies/verify.ts';
import { Chain, type LedgerTold, type LedgerTrusted } from './chain.ts';

/** A whole ledger, from its blocks: docs/ledger-audit.md. */

export type LedgerVerdict =
  | { readonly holds: true; readonly trusted: LedgerTrusted; readonly told: LedgerTold }
  | {
      readonly holds: false;
      readonly firstFailure: string;
      readonly isUnreadable: boolean;
      /** As far as the chain was verified. */
      readonly trusted: LedgerTrusted | undefined;
    };

export interface LedgerOptions {
  /** A checkpoint's text. */
  readonly checkpoint?: string | undefined;
  readonly bodies?: (() => BodySource) | undefined;
  readonly onBlock?: (blocks: number, transactions: number) => void;
}

const requireCovered = (primitives: Primitives, entries: readonly Bytes[], checkpoint: Checkpoint): void => {
  hold(
    entries.length >= checkpoint.blocks,
    `the checkpoint covers ${checkpoint.blocks} blocks and there are ${entries.length}`,
  );
  const root = rootOf(primitives, entries.slice(0, checkpoint.blocks));
  hold(same(root, checkpoint.root), 'the blocks are not those that the checkpoint covers');
};

/**
 * Whether a ledger holds, by its blocks alone, or with the private bodies of one party.
 * @param blocks gives all of them, the first one first
 */
export const verifyLedger = async (
  primitives: Primitives,
  blocks: () => Iterable<StoredBlock>,
  options: LedgerOptions,
): Promise<LedgerVerdict> => {
  let verifier: Chain | undefined;
  try {
    const checkpoint =
      options.checkpoint === undefined ? undefined : await readCheckpoint(primitives, options.checkpoint);
    verifier = new Chain(primitives, options.bodies?.());
    for (const block of blocks()) {
      await verifier.block(block);
      options.onBlock?.(verifier.blocks, verifier.transactions);
    }
    const told = verifier.end();
    if (checkpoint !== undefined) requireCovered(primitives, verifier.entries, checkpoint);
    const trusted = verifier.trusted(checkpoint?.signers ?? []);
    if (trusted === undefined) throw new Unreadable('there is no block');
    return { holds: true, trusted, told };
  } catch (thrown) {
    if (!(thrown instanceof Failed || thrown instanceof Unreadable)) throw thrown;
    return {
      holds: false,
      firstFailure: thrown.message,
      isUnreadable: thrown instanceof Unreadable,
      trusted: verifier?.trusted([]),
    };
  }
};
