import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAssertionSigner } from '@roamgrid/service-kit';
import { storedKey } from '@roamgrid/stories/key-ring';
import { assertionClaims } from '@roamgrid/wire';
import { Argument, Command, Option } from 'commander';
import { z } from 'zod';
import { EXIT_CODES } from '../exit-codes.ts';
import { stateDirOf } from '../state-dir.ts';

const ROLES = assertionClaims.shape.role.options;
type Role = (typeof ROLES)[number];

interface Options {
  readonly role: Role;
  readonly iss?: string;
  readonly key?: string;
  readonly stateDir?: string;
}

const ring = z.looseObject({ keys: z.record(z.string(), storedKey) });
const TIMEOUT_MS = 150_000;

const wordsOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

const parsed = <S extends z.ZodType>(schema: S, file: string): z.output<S> =>
  schema.parse(JSON.parse(readFileSync(file, 'utf8')));

/** A file of one's own, or what an `npm start` keeps for its operators. @throws Error that says which key is missing */
const keyOf = (utility: string, iss: string, { key, stateDir }: Options) => {
  if (key !== undefined) return parsed(storedKey, key);
  const file = join(stateDirOf('start', stateDir), 'keys.json');
  const found = parsed(ring, file).keys[`${utility}-${iss}`];
  if (found === undefined) throw new Error(`${file} holds no key ${utility}-${iss}: give one with --key`);
  return found;
};

async function ask(
  utility: string,
  method: string,
  address: string,
  body: string | undefined,
  options: Options,
): Promise<void> {
  const { role } = options;
  const iss = options.iss ?? role;
  let answer: Response;
  let text: string;
  try {
    const sign = createAssertionSigner({ key: keyOf(utility, iss, options), iss, utility, role });
    answer = await fetch(address, {
      method,
      headers: {
        authorization: `Bearer ${await sign(new URL(address).origin)}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
    });
    text = await answer.text();
  } catch (thrown) {
    process.stderr.write(`NOT_ASKED: ${address}: ${wordsOf(thrown)}\n`);
    process.exitCode = EXIT_CODES.fault;
    return;
  }
  (answer.ok ? process.stdout : process.stderr).write(`${text}\n`);
  process.exitCode = answer.ok ? EXIT_CODES.ok : EXIT_CODES.refused;
}

/** `roamgrid ask`: one request to a service as one of the utility's people, who prove themselves by a signed assertion. */
export function askCommand(): Command {
  return new Command('ask')
    .description(
      'ask a service of a utility as one of its people: each request is signed with their key (ES256), which curl cannot do',
    )
    .argument('<utility>', 'such as USDUK')
    .addArgument(new Argument('<method>').choices(['GET', 'POST', 'PUT', 'DELETE']))
    .argument('<url>', 'of the service, with the path: /openapi.json beside it says what there is')
    .argument('[json]', 'what is sent')
    .addOption(new Option('--role <role>', 'as who').choices(ROLES).default('operator'))
    .option('--iss <name>', 'under which the service trusts the key (default: the role)')
    .option('--key <file>', 'the private key as a JSON Web Key (default: of a running npm start)')
    .option('--state-dir <folder>', 'folder of that npm start (default .roamgrid/start)')
    .action(ask);
}
