import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyOf, type SimulatedBank } from './bank.ts';
import type { ToldAccount } from './write-account-report.ts';

/** The bank's side of its customers' folders: takes what is in `out`, puts what it says into `in`. */
export const serveDrops = (
  bank: SimulatedBank,
  customers: readonly { readonly account: ToldAccount; readonly root: string }[],
): ((nowMs: number) => number) => {
  const roots = new Map(customers.map(({ account, root }) => [keyOf(account), root]));
  for (const root of roots.values())
    for (const name of ['in', 'out']) mkdirSync(join(root, name), { recursive: true, mode: 0o700 });
  return (nowMs) => {
    for (const [key, root] of roots)
      for (const name of readdirSync(join(root, 'out')).sort()) {
        if (!name.endsWith('.xml') || name.startsWith('.')) continue;
        const path = join(root, 'out', name);
        bank.take(key, readFileSync(path), nowMs);
        rmSync(path);
      }
    const post = bank.tick(nowMs);
    for (const { to, name, text } of post) {
      const root = roots.get(to);
      if (root === undefined) continue;
      const aside = join(root, 'in', `.${name}`);
      writeFileSync(aside, text, { mode: 0o600 });
      renameSync(aside, join(root, 'in', name));
    }
    return post.length;
  };
};
