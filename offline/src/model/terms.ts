/**
 * Messages as an attacker sees them: made of names, and of operations that cannot be undone but with the right key (Dolev and Yao 1983).
 * `['list', …]`, `['hash', t]`, `['sign', key, t]`, `['seal', key, t]`, `['point', x]` (x times the generator), `['shared', x, y]`.
 */
export type Term = string | readonly [Operation, ...Term[]];

type Operation = 'list' | 'hash' | 'sign' | 'seal' | 'point' | 'shared';

export const list = (...items: readonly Term[]): Term => ['list', ...items];
export const hash = (of: Term): Term => ['hash', of];
export const sign = (key: Term, text: Term): Term => ['sign', key, text];
export const seal = (key: Term, text: Term): Term => ['seal', key, text];
export const point = (secret: Term): Term => ['point', secret];
/** What two agree on: the same from either side. */
export const shared = (one: Term, other: Term): Term => {
  const [a, b] = [one, other].sort((x, y) => (keyOf(x) < keyOf(y) ? -1 : 1)) as [Term, Term];
  return ['shared', a, b];
};

const keys = new WeakMap<object, string>();

/** One text a term. */
export const keyOf = (term: Term): string => {
  if (typeof term === 'string') return term;
  const known = keys.get(term);
  if (known !== undefined) return known;
  const [operation, ...parts] = term;
  const key = `${operation}(${parts.map(keyOf).join(',')})`;
  keys.set(term, key);
  return key;
};

export const isSameTerm = (a: Term, b: Term): boolean => keyOf(a) === keyOf(b);

/** All that somebody knows: what was heard, taken apart as far as known keys go. */
export class Knowledge {
  readonly #terms: ReadonlyMap<string, Term>;
  /** One text for what is known. */
  readonly key: string;

  private constructor(terms: ReadonlyMap<string, Term>) {
    this.#terms = terms;
    this.key = [...terms.keys()].sort().join(' ');
  }

  static of(terms: Iterable<Term>): Knowledge {
    return new Knowledge(new Map()).with(...terms);
  }

  get terms(): Iterable<Term> {
    return this.#terms.values();
  }

  with(...heard: readonly Term[]): Knowledge {
    const terms = new Map(this.#terms);
    const add = (term: Term): void => {
      if (terms.has(keyOf(term))) return;
      terms.set(keyOf(term), term);
      if (typeof term === 'string') return;
      // A signature shows its text; a sealed one does with its key, which is looked for below.
      if (term[0] === 'list') for (const item of term.slice(1) as Term[]) add(item);
      if (term[0] === 'sign' && term[2] !== undefined) add(term[2]);
    };
    for (const term of heard) add(term);
    for (let isMore = true; isMore;) {
      const size = terms.size;
      const now = new Knowledge(terms);
      for (const term of [...terms.values()])
        if (typeof term !== 'string' && term[0] === 'seal' && term[1] !== undefined && term[2] !== undefined)
          if (now.has(term[1])) add(term[2]);
      isMore = terms.size > size;
    }
    return new Knowledge(terms);
  }

  /** Whether somebody who knows this can make a term. */
  has(term: Term): boolean {
    if (this.#terms.has(keyOf(term))) return true;
    if (typeof term === 'string') return false;
    const [operation, ...parts] = term;
    // A shared secret takes one of the two own secrets and the other's point.
    if (operation === 'shared') {
      const [one = '', other = ''] = parts;
      return (this.has(one) && this.has(point(other))) || (this.has(other) && this.has(point(one)));
    }
    return parts.every((part) => this.has(part));
  }
}
