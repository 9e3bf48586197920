/** Puts the external builder where peers expect it: a folder whose `bin/` has one program a step. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('ccaas.mjs', import.meta.url));

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Each step runs under this very Node, since a peer passes hardly any environment on. */
export async function installBuilder(dir: string): Promise<void> {
  const bin = join(dir, 'bin');
  await mkdir(bin, { recursive: true });
  for (const step of ['detect', 'build', 'release']) {
    const script = `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(program)} ${step} "$@"\n`;
    await writeFile(join(bin, step), script, { mode: 0o755 });
  }
}
