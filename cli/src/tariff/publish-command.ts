import { readFileSync } from 'node:fs';
import { createAssertionSigner } from '@roamgrid/service-kit';
import { storedKey } from '@roamgrid/stories/key-ring';
import {
  createZone,
  formatDay,
  gatewayDoor,
  parseDay,
  parsePolicy,
  publishTariff,
  readForecast,
  type Publication,
  type PublishInput,
  type TariffPolicy,
} from '@roamgrid/tariff-service';
import { agreementTerms, type AgreementTerms } from '@roamgrid/wire';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { EXIT_CODES } from '../exit-codes.ts';

/** `roamgrid tariff publish`: the operator's hand on a publication, at the utility's own gateway. */

interface Options {
  readonly gateway: string;
  readonly utility: string;
  readonly operatorKey: string;
  readonly auditorKey: string;
  readonly policy: string[];
  readonly forecast: string;
  readonly wattsPerUnit: number;
  readonly tariffId: string;
  readonly capacityMw: bigint;
  readonly vat: number;
  readonly agreement: string[];
  readonly terms: string[];
  readonly validDays: number;
  readonly json?: true;
}

const signingKey = storedKey.loose();
const WATTS_PER_MW = 1_000_000n;

const jsonOf = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8')) as unknown;
const each = (value: string, before: string[] = []): string[] => [...before, value];
const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('expected a number above zero.');
  return value;
};

class Refused extends Error {}

const policyOf = (path: string): TariffPolicy => {
  const parsed = parsePolicy(jsonOf(path));
  if (parsed.ok) return parsed.value;
  throw new Refused(parsed.error.map(({ pointer, message }) => `${path}${pointer}: ${message}`).join('; '));
};

const inputOf = (options: Options): PublishInput => {
  const file = jsonOf(options.forecast);
  const forecast = readForecast(file, options.wattsPerUnit);
  if (!forecast.ok) throw new Refused(`${forecast.error.code}: ${forecast.error.message}`);
  const policies = options.policy.map(policyOf);
  const [policy] = policies;
  const day = parseDay(z.looseObject({ day: z.string() }).parse(file).day);
  if (policy === undefined || day === undefined)
    throw new Refused('a policy and the forecast’s day are needed');
  const terms = new Map<string, AgreementTerms>(
    options.terms.map((path) => {
      const value = agreementTerms.parse(jsonOf(path));
      return [value.agreementId, value];
    }),
  );
  return {
    tariffId: options.tariffId,
    utilityId: options.utility,
    zone: createZone(policy.timeZone),
    policies,
    forecast: forecast.value,
    capacityW: options.capacityMw * WATTS_PER_MW,
    day,
    publishedAtMs: Date.now(),
    vatPercent: options.vat,
    validDays: options.validDays,
    agreements: options.agreement.map((agreementId) => {
      const limits = terms.get(agreementId);
      return { agreementId, ...(limits && { limits }) };
    }),
  };
};

const text = (made: Publication, day: string): string => {
  if (made.kind === 'not-planned') return `not published: ${made.problem.code}: ${made.problem.message}\n`;
  if (made.kind === 'unreadable') return `not published: ${made.refusal.code}: ${made.refusal.message}\n`;
  const { tariff, published, refusal, agreements } = made;
  return [
    `${tariff.tariffId} version ${tariff.version} for ${day} by ${tariff.origin.policyId}: ${
      { now: 'published', before: 'was published before', no: 'not published' }[published]
    }${refusal === undefined ? '' : ` (${refusal.code}: ${refusal.message})`}`,
    ...agreements.map((bound) =>
      bound.outcome === 'refused'
        ? `  ${bound.agreementId}: refused by the ${bound.by}: ${bound.limit}: ${bound.message}`
        : `  ${bound.agreementId}: ${bound.outcome === 'bound' ? 'bound' : 'was bound before'}`,
    ),
    '',
  ].join('\n');
};

const isDone = (made: Publication): boolean =>
  made.kind === 'planned' &&
  made.published !== 'no' &&
  made.agreements.every(({ outcome }) => outcome !== 'refused');

async function publish(options: Options): Promise<void> {
  try {
    const input = inputOf(options);
    const origin = new URL(options.gateway).origin;
    const token = (path: string, role: 'operator' | 'auditor') => {
      const key = signingKey.parse(jsonOf(path));
      const sign = createAssertionSigner({ key, iss: role, utility: options.utility, role });
      return () => sign(origin);
    };
    const door = gatewayDoor({
      gatewayUrl: origin,
      operatorToken: token(options.operatorKey, 'operator'),
      auditorToken: token(options.auditorKey, 'auditor'),
    });
    const made = await publishTariff(door, input);
    process.stdout.write(
      options.json
        ? `${JSON.stringify(made, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))}\n`
        : text(made, formatDay(input.day)),
    );
    process.exitCode = isDone(made) ? EXIT_CODES.ok : EXIT_CODES.refused;
  } catch (error) {
    if (!(error instanceof Refused || error instanceof z.ZodError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = EXIT_CODES.refused;
  }
}

export const publishCommand = (): Command =>
  new Command('publish')
    .description('make a tariff version from a forecast by the policy in force, publish it, and bind it')
    .requiredOption('--gateway <url>', 'the utility’s gateway')
    .requiredOption('--utility <id>', 'utility id, such as USDUK')
    .requiredOption('--operator-key <file>', 'private JSON Web Key of the utility’s operator')
    .requiredOption('--auditor-key <file>', 'private JSON Web Key that may read what is published')
    .requiredOption(
      '--policy <file>',
      'a version of the tariff policy; give every version that may be in force',
      each,
    )
    .requiredOption('--forecast <file>', 'answer of POST /predict of the forecasting service')
    .option('--watts-per-unit <number>', 'watts in one unit of the forecast', positive, Number(WATTS_PER_MW))
    .requiredOption('--tariff-id <id>', 'id of the tariff')
    .requiredOption('--capacity-mw <number>', 'what the area can supply', (value) => BigInt(positive(value)))
    .option('--vat <percent>', 'sales tax', Number, 0)
    .requiredOption('--agreement <id>', 'agreement to bind the version under; may be repeated', each)
    .option('--terms <file>', 'terms of an agreement, to check beforehand; may be repeated', each, [])
    .option('--valid-days <number>', 'how long the version stands when no later one comes', positive, 7)
    .option('--json', 'print one JSON object')
    .action(publish);
