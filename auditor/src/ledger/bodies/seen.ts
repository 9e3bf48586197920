import type { NamespaceSet } from '../../fabric/rwset.ts';
import { hold } from '../../failure.ts';
import type { Seen } from '../../session/ground.ts';
import type { StateRecords } from '../state.ts';

/** What a settlement read, as it was before its block. */
export class SeenBySettle implements Seen {
  readonly #keys: ReadonlySet<string>;
  readonly #records: StateRecords;

  constructor({ reads, ranges }: NamespaceSet, records: StateRecords) {
    const all = [...reads, ...ranges.flatMap((range) => range.reads)];
    const summarised = ranges.filter(({ summary }) => summary !== undefined);
    this.#keys = new Set([
      ...all.filter(({ version }) => version !== undefined).map(({ key }) => key),
      ...summarised.flatMap((range) => records.committedKeys(range)),
    ]);
    this.#records = records;
  }

  value(key: string): string {
    const value = this.#keys.has(key) ? this.#records.committedText(key) : undefined;
    hold(value !== undefined, `the settlement was not judged by ${key}`);
    return value;
  }

  keys(begin: string): readonly string[] {
    return [...this.#keys].filter((key) => key.startsWith(begin));
  }
}
