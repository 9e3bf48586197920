import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Files under one directory. A write is whole or not at all, also when the power goes. */
export class FileStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
    mkdirSync(root, { recursive: true });
  }

  /** Path of a file for readers that take paths. Names are made of checked ids, never of a caller's text. */
  path(...parts: readonly string[]): string {
    if (!parts.every((part) => /^[A-Za-z0-9][A-Za-z0-9_.-]{0,80}$/u.test(part)))
      throw new Error('a store name holds an illegal character');
    return join(this.#root, ...parts);
  }

  read(...parts: readonly string[]): string | undefined {
    const path = this.path(...parts);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }

  list(...parts: readonly string[]): readonly string[] {
    const path = this.path(...parts);
    return existsSync(path)
      ? readdirSync(path)
          .filter((name) => !name.endsWith('.tmp'))
          .sort()
      : [];
  }

  async write(content: string | Uint8Array, ...parts: readonly string[]): Promise<void> {
    const path = this.path(...parts);
    mkdirSync(dirname(path), { recursive: true });
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }
}
