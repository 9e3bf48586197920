import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scenarioReport } from '@roamgrid/wire';
import { z } from 'zod';

/** What of a told story a later start on the same folder cannot find elsewhere. */
const keptStory = z.strictObject({ report: scenarioReport, cin: z.string() });
export type KeptStory = z.output<typeof keptStory>;

const fileOf = (stateDir: string): string => join(stateDir, 'story.json');

/** Marks the folder as one that can be taken up again: a story that was cut off leaves no such file. */
export const keepStory = async (stateDir: string, story: KeptStory): Promise<void> => {
  const aside = `${fileOf(stateDir)}.new`;
  await writeFile(aside, JSON.stringify(z.encode(keptStory, story)), { mode: 0o600 });
  await rename(aside, fileOf(stateDir));
};

/** @throws Error for the file of another version. @returns undefined when no story was told to its end in this folder */
export const readStory = async (stateDir: string): Promise<KeptStory | undefined> => {
  const text = await readFile(fileOf(stateDir), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = keptStory.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new Error(`WRONG_STATE: ${fileOf(stateDir)} was written by another version: start with --fresh`);
  return parsed.data;
};
