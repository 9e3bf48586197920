/** What lies in a peer's files, whatever it calls itself: for tests that somebody does not have what is none of his business. */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';

type Found = (bytes: Buffer) => void;

/** Every key and value of a LevelDB, which compresses what it writes; of a copy, so that whoever has it open keeps it. */
async function readLevel(folder: string, found: Found): Promise<void> {
  const copies = await mkdtemp(join(tmpdir(), 'roamgrid-stored-'));
  try {
    const copy = join(copies, 'db');
    await cp(folder, copy, { recursive: true, filter: (path) => !path.endsWith('LOCK') });
    const level = new ClassicLevel<Buffer, Buffer>(copy, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
    try {
      for await (const [key, value] of level.iterator()) {
        found(key);
        found(value);
      }
    } finally {
      await level.close();
    }
  } finally {
    await rm(copies, { recursive: true, force: true });
  }
}

async function readAll(folder: string, found: Found, skipped: readonly string[]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some(({ name }) => name === 'CURRENT')) return readLevel(folder, found);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (skipped.includes(path)) continue;
    if (entry.isDirectory()) await readAll(path, found, skipped);
    else if (entry.isFile()) found(await readFile(path));
  }
}

/** Which of some texts lie in a folder, in its databases and other files. */
export async function storedTexts(
  folder: string,
  texts: readonly string[],
  skipped: readonly string[] = [],
): Promise<ReadonlySet<string>> {
  const stored = new Set<string>();
  await readAll(
    folder,
    (bytes) => {
      for (const text of texts) if (!stored.has(text) && bytes.includes(text)) stored.add(text);
    },
    skipped,
  );
  return stored;
}
