/** One change of a JSON text. Spec: RFC 6902, as far as EVerest's cases use it. */
export interface Patch {
  readonly op: 'add' | 'remove' | 'replace';
  readonly path: string;
  readonly value?: unknown;
}

type Container = Record<string, unknown> | unknown[];

const keysOf = (path: string): readonly string[] =>
  path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

const apply = (root: Container, { op, path, value }: Patch): void => {
  const keys = keysOf(path);
  const last = keys.at(-1) ?? '';
  let at: Container = root;
  for (const key of keys.slice(0, -1)) at = (at as Record<string, Container>)[key] ?? {};
  if (Array.isArray(at)) {
    const index = last === '-' ? at.length : Number(last);
    const isNew = op === 'add';
    at.splice(index, isNew ? 0 : 1, ...(op === 'remove' ? [] : [value]));
  } else if (op === 'remove') Reflect.deleteProperty(at, last);
  else at[last] = value;
};

/** A copy with all changes. */
export const patched = (document: unknown, patches: readonly Patch[]): unknown => {
  const copy = structuredClone(document) as Container;
  for (const patch of patches) apply(copy, patch);
  return copy;
};
