/** The value that a part of the values does not exceed, by the nearest rank; 0 of none. */
export const rankedAt = (values: readonly number[], part: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0;
};
