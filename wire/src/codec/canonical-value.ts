/** A value in the program's form: what a schema's codecs decode to, with bigints for amounts. */
export type WireValue =
  | null
  | boolean
  | number
  | string
  | bigint
  | undefined
  | readonly WireValue[]
  | { readonly [key: string]: WireValue };

/**
 * Canonical text (RFC 8785) of a value whose bigints go as decimal strings: what `canonicalText` gives by way of a
 * schema, several times as fast, for what is formed once a session. Members that are undefined are left out; numbers are
 * safe integers, whose JSON is canonical.
 * @throws TypeError for a number that is none.
 */
export const canonicalOf = (value: WireValue): string => {
  if (typeof value === 'bigint') return `"${value}"`;
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is not a safe integer`);
    return value.toString();
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as readonly WireValue[]).map(canonicalOf).join(',')}]`;
  const object = value as { readonly [key: string]: WireValue };
  const members: string[] = [];
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalOf(member)}`);
  }
  return `{${members.join(',')}}`;
};
