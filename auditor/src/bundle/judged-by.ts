import { hold } from '../failure.ts';
import type { Seen } from '../session/ground.ts';
import { written, type Proven, type ProvenBlocks } from './proven-blocks.ts';

type Settle = Pick<Proven, 'own'>;
type Blocks = Pick<ProvenBlocks, 'transaction'>;

/** Reads what the settlement read: each record is the one that the endorsers judged by. */
export class JudgedBy implements Seen {
  readonly #settle: Settle;
  readonly #blocks: Blocks;

  constructor(settle: Settle, blocks: Blocks) {
    this.#settle = settle;
    this.#blocks = blocks;
  }

  get #reads() {
    const { reads = [], ranges = [] } = this.#settle.own ?? {};
    return [...reads, ...ranges.flatMap((range) => range.reads)];
  }

  async value(key: string): Promise<string> {
    const read = this.#reads.find((each) => each.key === key);
    hold(read?.version !== undefined, `the settlement was not judged by ${key}`);
    return written(await this.#blocks.transaction(read.version), key);
  }

  keys(begin: string): readonly string[] {
    for (const { from, until, summary } of this.#settle.own?.ranges ?? [])
      hold(
        summary === undefined ||
          (until !== '' && until <= begin) ||
          (from > begin && !from.startsWith(begin)),
        `the settlement read more keys from ${from} on than the ledger names, so a bundle cannot prove it: the whole ledger can`,
      );
    return this.#reads
      .filter(({ key, version }) => key.startsWith(begin) && version !== undefined)
      .map(({ key }) => key);
  }
}
