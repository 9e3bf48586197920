import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const envelope = z.object({ key: z.string(), fetchedMs: z.number(), answer: z.unknown() });

/** What a provider answered, with when it did. A file that cannot be read counts as none: it is asked for again. */
export class WeatherCache {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  read<T extends z.ZodType>(
    key: string,
    answer: T,
  ): { readonly fetchedMs: number; readonly answer: z.output<T> } | undefined {
    const path = this.#path(key);
    if (!existsSync(path)) return undefined;
    try {
      const kept = envelope.parse(JSON.parse(readFileSync(path, 'utf8')));
      return kept.key === key ? { fetchedMs: kept.fetchedMs, answer: answer.parse(kept.answer) } : undefined;
    } catch {
      return undefined;
    }
  }

  write(key: string, content: { readonly fetchedMs: number; readonly answer: unknown }): void {
    mkdirSync(this.#directory, { recursive: true });
    const path = this.#path(key);
    writeFileSync(`${path}.${process.pid}.tmp`, JSON.stringify({ key, ...content }));
    renameSync(`${path}.${process.pid}.tmp`, path);
  }

  #path(key: string): string {
    return join(this.#directory, `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`);
  }
}
