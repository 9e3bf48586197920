const FAR = 1_000_000;

/** Every value of what was seen, replaced by another of its kind, one at a time. */
export const spoiled = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    return list.flatMap((each, index) => spoiled(each).map((other) => list.with(index, other)));
  }
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, each]) =>
      spoiled(each).map((other) => ({ ...value, [name]: other })),
    );
  if (typeof value === 'number') return [value + FAR];
  if (typeof value === 'boolean') return [!value];
  return [typeof value === 'string' && /^\d+$/.test(value) ? (BigInt(value) + 1n).toString() : 'spoiled'];
};
