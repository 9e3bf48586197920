import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  createPeerAuthority,
  issuePeerCertificate,
  type CertifiedKey,
} from '@roamgrid/service-kit/peer-certificates';
import { PEER_ROLES } from '@roamgrid/service-kit/peers';
import { recordId } from '@roamgrid/wire';
import { z } from 'zod';

const USAGE = `usage: main.ts authority --out FILE
       main.ts issue --authority FILE --role ${PEER_ROLES.join('|')} --id ID --out FILE

Writes FILE.crt and FILE.key, and writes over neither.`;

/** A wrong call, in words for whoever made it. */
export class WrongCall extends Error {
  constructor(why: string) {
    super(`${why}\n${USAGE}`);
  }
}

const put = (out: string, { cert, key }: CertifiedKey): void => {
  for (const file of [`${out}.key`, `${out}.crt`]) {
    if (existsSync(file)) throw new WrongCall(`${file} is there already`);
  }
  writeFileSync(`${out}.key`, key, { flag: 'wx', mode: 0o600 });
  writeFileSync(`${out}.crt`, cert, { flag: 'wx', mode: 0o600 });
};

const issueOrder = z.object({ authority: z.string(), role: z.enum(PEER_ROLES), id: recordId });

/** Makes an authority, or a certificate of it, in files. @throws WrongCall */
export const runCertificates = async (args: readonly string[]): Promise<void> => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      authority: { type: 'string' },
      role: { type: 'string' },
      id: { type: 'string' },
      out: { type: 'string' },
    },
  });
  if (values.out === undefined) throw new WrongCall('--out is missing');
  if (positionals[0] === 'authority') {
    put(values.out, await createPeerAuthority('roamgrid peers'));
    return;
  }
  if (positionals[0] !== 'issue') throw new WrongCall('say "authority" or "issue"');
  const given = issueOrder.safeParse(values);
  if (!given.success) {
    throw new WrongCall(
      given.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n'),
    );
  }
  const { authority: file, role, id } = given.data;
  const authority = { cert: readFileSync(`${file}.crt`, 'utf8'), key: readFileSync(`${file}.key`, 'utf8') };
  put(values.out, await issuePeerCertificate(authority, { peer: { role, id } }));
};
