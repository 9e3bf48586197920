import { hold } from '../failure.ts';
import type { JsonObject } from '../json.ts';

/** What one transaction that counted changed in public records, and how the records lie there now. */

export interface Change {
  readonly key: string;
  /** What the key begins with, such as `batch`. */
  readonly kind: string;
  /** Absent when there was no such record. */
  readonly before: JsonObject | undefined;
  readonly after: JsonObject;
}

/** Public records as they are after the transaction. */
export interface Records {
  /** @throws Failed when there is none */
  get(key: string): JsonObject;
  find(key: string): JsonObject | undefined;
  /** Records whose keys begin so, ascending. */
  startingWith(begin: string): readonly JsonObject[];
}

export interface Step {
  readonly atMs: number;
  /** Organisation of whoever made it. */
  readonly maker: string;
  /** Organisations of the peers that endorsed it. */
  readonly endorsers: ReadonlySet<string>;
  readonly changes: readonly Change[];
  readonly records: Records;
}

/** A part of the model: looks at each step, and at what there is at the end. */
export interface Rule {
  step(step: Step): void;
  /** What must hold of the whole. */
  end?(): void;
}

export const changesOf = ({ changes }: Step, kind: string): readonly Change[] =>
  changes.filter((each) => each.kind === kind);

/** That a record is as it was, but for these members and its version. */
export const requireKept = ({ key, before, after }: Change, but: readonly string[]): void => {
  const told = (record: JsonObject | undefined): string =>
    JSON.stringify(
      Object.entries(record ?? {})
        .filter(([name]) => name !== 'version' && !but.includes(name))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  hold(told(before) === told(after), `${key} was changed where it may not be`);
};
