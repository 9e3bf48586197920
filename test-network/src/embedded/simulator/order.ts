/** Order of keys: by UTF-8 bytes, as Go and LevelDB order them, not by UTF-16 units as JavaScript does. */

/** Negative, zero or positive as `a` sorts before, with or after `b`. */
export function compareUtf8(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    // The two orders differ only where a surrogate meets a unit above the surrogates.
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : x - y;
  }
  return a.length - b.length;
}

/** The values of a map in the order of their keys. */
export function sortedValues<T>(map: ReadonlyMap<string, T>): T[] {
  if (map.size < 2) return [...map.values()];
  return [...map].sort(([a], [b]) => compareUtf8(a, b)).map(([, value]) => value);
}
