import { textOf } from '../bytes.ts';
import { Failed, hold } from '../failure.ts';
import { parseCanonical, type JsonObject } from '../json.ts';
import { object } from '../shape.ts';
import type { RangeRead, Write } from '../fabric/rwset.ts';
import type { Change, Records } from './step.ts';
import type { Keys } from './world.ts';

/** Public records in the state that blocks make. */
export class StateRecords implements Records {
  readonly #keys: Keys;

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** The text of a record as a transaction of this block could read it. */
  committedText(key: string): string | undefined {
    const row = this.#keys.committed(key);
    return row && textOf(row.value);
  }

  find(key: string): JsonObject | undefined {
    const row = this.#keys.get(key);
    return row && readRecord(textOf(row.value), key);
  }

  get(key: string): JsonObject {
    const found = this.find(key);
    if (found === undefined) throw new Failed(`${key} is not on the ledger`);
    return found;
  }

  startingWith(begin: string): readonly JsonObject[] {
    const found: JsonObject[] = [];
    for (const [key, { value }] of this.#keys.range(begin, '', false)) {
      if (!key.startsWith(begin)) break;
      found.push(readRecord(textOf(value), key));
    }
    return found;
  }

  /** Keys of a range that a transaction of this block could read. */
  committedKeys({ from, until, isExhausted }: RangeRead): readonly string[] {
    return [...this.#keys.range(from, until, !isExhausted)]
      .map(([key]) => key)
      .filter((key) => this.#keys.committed(key) !== undefined);
  }

  /** What writes change, told before they are applied. @throws Failed when a record would be deleted */
  changes(writes: readonly Write[]): readonly Change[] {
    return writes.map(({ key, value }) => {
      hold(value !== undefined, `${key} was deleted: public records stay`);
      const kind = key.slice(0, Math.max(0, key.indexOf(':')));
      return { key, kind, before: this.find(key), after: readRecord(textOf(value), key) };
    });
  }
}

const readRecord = (value: string, key: string): JsonObject => object(parseCanonical(value, key), key);
