/** Reading a consortium from its JSON file. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { consortiumSchema, type Consortium } from './schema.ts';

/** The consortium that this repository ships. */
export const defaultConsortiumPath = new URL('../../consortium.json', import.meta.url);

/** Refused consortium data; the message lists everything that does not fit. */
export class InvalidConsortium extends Error {
  override readonly name = 'InvalidConsortium';
}

/** Checks untyped data. Throws {@link InvalidConsortium}. */
export function parseConsortium(data: unknown): Consortium {
  const parsed = consortiumSchema.safeParse(data);
  if (!parsed.success)
    throw new InvalidConsortium(`the consortium does not fit together:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Reads and checks a consortium file. Throws {@link InvalidConsortium}, or the file system's error. */
export async function loadConsortium(path: URL | string = defaultConsortiumPath): Promise<Consortium> {
  const text = await readFile(path, 'utf8');
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new InvalidConsortium(`${String(path)} is not JSON: ${(error as Error).message}`);
  }
  return parseConsortium(data);
}
