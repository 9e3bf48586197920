import { Failed } from '../../failure.ts';
import type { JsonObject } from '../../json.ts';
import type { Records, Rule, Step } from '../step.ts';

/** Public records as a map, to hold rules against what no contract would write. */
export class Book implements Records {
  readonly #records = new Map<string, JsonObject>();
  readonly #rules: readonly Rule[];

  constructor(...rules: readonly Rule[]) {
    this.#rules = rules;
    for (const [id, mspId] of [
      ['USDUK', 'DukeMSP'],
      ['USALP', 'AlabamaMSP'],
    ] as const)
      this.#records.set(`utility:${id}`, { mspId });
    this.#records.set('agreement:a1', { parties: ['USDUK', 'USALP'] });
  }

  find(key: string): JsonObject | undefined {
    return this.#records.get(key);
  }

  get(key: string): JsonObject {
    const found = this.find(key);
    if (found === undefined) throw new Failed(`${key} is not on the ledger`);
    return found;
  }

  startingWith(begin: string): readonly JsonObject[] {
    return [...this.#records]
      .filter(([key]) => key.startsWith(begin))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, record]) => record);
  }

  /** One transaction that writes these records. */
  write(records: Readonly<Record<string, JsonObject>>, by: Partial<Pick<Step, 'maker' | 'endorsers'>> = {}) {
    const changes = Object.entries(records).map(([key, after]) => ({
      key,
      kind: key.slice(0, key.indexOf(':')),
      before: this.#records.get(key),
      after,
    }));
    for (const { key, after } of changes) this.#records.set(key, after);
    const step: Step = {
      atMs: 1_000,
      maker: by.maker ?? 'DukeMSP',
      endorsers: by.endorsers ?? new Set(['DukeMSP', 'AlabamaMSP']),
      changes,
      records: this,
    };
    for (const rule of this.#rules) rule.step(step);
  }

  end(): void {
    for (const rule of this.#rules) rule.end?.();
  }
}
