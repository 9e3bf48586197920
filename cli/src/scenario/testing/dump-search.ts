import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';

/** Looks for secrets in what a run left: as texts, and inside of base64 and hex, wherever in them they begin. */

/** Of bytes in the middle of base64 what does not depend on their neighbours, for each of the three places in which they can begin. */
const inBase64 = (secret: string): readonly string[] =>
  [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)])
      .toString('base64')
      .replace(/=+$/, '');
    const middle = text.slice(before === 0 ? 0 : before + 1, -2);
    return [middle, middle.replaceAll('+', '-').replaceAll('/', '_')];
  });

const formsOf = (secret: string): readonly Buffer[] =>
  [...new Set([secret, secret.toLowerCase(), Buffer.from(secret).toString('hex'), ...inBase64(secret)])].map(
    (form) => Buffer.from(form),
  );

/** Which of the secrets are in bytes. */
export const secretsIn = (bytes: Buffer, secrets: readonly string[]): readonly string[] =>
  secrets.filter((secret) => formsOf(secret).some((form) => bytes.includes(form)));

/** All rows of a peer's database that nobody has open, keys and values one after another. */
export const rowsOf = async (folder: string): Promise<Buffer> => {
  const level = new ClassicLevel<Buffer, Buffer>(folder, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  await level.open();
  try {
    const rows: Buffer[] = [];
    for await (const [key, value] of level.iterator()) rows.push(key, value);
    return Buffer.concat(rows);
  } finally {
    await level.close();
  }
};

/** All files below a folder. */
export const filesIn = (folder: string): Buffer =>
  Buffer.concat(
    readdirSync(folder, { recursive: true })
      .map((name) => join(folder, name.toString()))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path)),
  );
