/** What a document says, under its name, and what it has to say. */
export type Compared = readonly [name: string, given: unknown, expected: unknown];

/** The first of them that is not as it has to be. */
export const differing = (compared: readonly Compared[]): string | undefined =>
  compared.find(([, given, expected]) => given !== expected)?.[0];
