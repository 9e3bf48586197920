import type { Callers } from './callers.ts';
import type { DriverCaller } from '../system/driver-caller.ts';
import type { Dice } from './dice.ts';
import { drawBytes, drawHttp } from './http-input.ts';
import type { Operation } from './http-operations.ts';
import type { Interface, Tried } from './interface.ts';
import { judge, type Outcome } from './outcome.ts';
import type { Pool } from './pool.ts';
import { sendBytes, sendHttp, type HttpInput } from './send.ts';

const SHOWN = 400;
const ROLES = [
  'operator',
  'grid-operator',
  'registrar',
  'router',
  'aaa',
  'gateway',
  'auditor',
  'authority',
  'station',
] as const;
const ALIVE_MS = 60_000;

export interface HttpSpec {
  readonly name: string;
  readonly origin: string;
  readonly operations: readonly [Operation, ...Operation[]];
  readonly callers?: Callers;
  /** Customers who are signed in, by the name of what their token opens. */
  readonly drivers?: ReadonlyMap<string, DriverCaller>;
  /** A secret that opens the service, or what no caller's assertion opens. */
  readonly token?: string;
  /** Headers that its own page sends. */
  readonly ownHeaders?: Readonly<Record<string, string>>;
  readonly pool: Pool;
  /** Whether what it says serves in later inputs; not where that would start work of minutes. */
  readonly isLearning?: false;
}

/** Paths whose refusals have the forms of OAuth and of pages for people. */
const OPEN_ID = /^\/+(?:oidc|interaction|\.well-known)(?:[/?]|$)/;

const short = (text: string): string => (text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`);

const toldOf = (outcome: Outcome): string =>
  outcome.kind === 'answer'
    ? `${outcome.status} ${outcome.type} ${short(outcome.body)}`
    : outcome.kind === 'closed'
      ? `closed: ${outcome.why}`
      : outcome.kind;

/** Of what a customer's own token opens, most requests have one, for this method and address. */
const driverProofOf = async (
  { drivers, origin }: HttpSpec,
  { tokens }: Operation,
  { method, path }: Pick<HttpInput, 'method' | 'path'>,
  dice: Dice,
): Promise<Readonly<Record<string, string>> | undefined> => {
  const caller = tokens.map((name) => drivers?.get(name)).find((found) => found !== undefined);
  if (caller === undefined || dice.percent(10) || !URL.canParse(path, origin)) return undefined;
  const proof = await caller(method, new URL(path, origin));
  if (!dice.percent(10)) return proof;
  const name = dice.pick(['authorization', 'dpop'] as const);
  return { ...proof, [name]: `${proof[name] ?? ''}x` };
};

/** Most callers prove who they are for what they ask, some are another, nobody, or somebody with a broken proof. */
const authorizationOf = async (
  spec: HttpSpec,
  operation: Operation,
  dice: Dice,
): Promise<string | undefined> => {
  const kind = dice.below(10);
  const role = kind < 7 ? dice.pickAny(operation.roles) : dice.pick(ROLES);
  const caller = role === undefined ? undefined : await spec.callers?.(role, spec.origin);
  const token = caller ?? spec.token;
  if (kind === 9 || token === undefined) return undefined;
  return `Bearer ${
    kind === 8
      ? dice
          .damaged(Buffer.from(token))
          .toString('latin1')
          .replaceAll(/[^\x21-\x7e]/g, '')
      : token
  }`;
};

const learn = (pool: Pool, outcome: Outcome): void => {
  if (outcome.kind !== 'answer' || outcome.status > 299 || !outcome.type.startsWith('application/json'))
    return;
  try {
    pool.learn(JSON.parse(outcome.body));
  } catch {
    // Longer than what is kept of an answer.
  }
};

/** A service of ours over HTTP. */
export const httpInterface = (spec: HttpSpec): Interface => {
  const { name, origin, operations, pool } = spec;
  const port = Number(new URL(origin).port);
  const tryBytes = async (operation: Operation, dice: Dice, boundMs: number): Promise<Tried> => {
    const bytes = drawBytes(operation, dice);
    const outcome = await sendBytes(port, bytes, boundMs);
    const isOpenId = OPEN_ID.test(operation.path);
    const isHead = bytes.subarray(0, 5).toString('latin1') === 'HEAD ';
    return {
      verdict: judge(outcome, { isOpenId, isHead, mayClose: true }),
      told: () => `bytes ${JSON.stringify(short(bytes.toString('latin1')))} → ${toldOf(outcome)}`,
    };
  };
  return {
    name,
    at: port,
    tryOne: async (dice, boundMs) => {
      const operation = dice.pick(operations);
      if (dice.percent(6)) return tryBytes(operation, dice, boundMs);
      const drawn = drawHttp(operation, pool, dice);
      const driver = await driverProofOf(spec, operation, drawn, dice);
      const authorization = driver === undefined ? await authorizationOf(spec, operation, dice) : undefined;
      const headers = {
        ...spec.ownHeaders,
        ...driver,
        ...(authorization === undefined ? {} : { authorization }),
        ...drawn.headers,
      };
      const outcome = await sendHttp(origin, { ...drawn, headers }, boundMs);
      if (spec.isLearning !== false) learn(pool, outcome);
      const options = { isOpenId: OPEN_ID.test(drawn.path), isHead: drawn.method === 'HEAD' };
      return {
        verdict: judge(outcome, options),
        told: () =>
          `${drawn.shape} ${drawn.method} ${short(drawn.path)} ${JSON.stringify(drawn.headers).slice(0, SHOWN)} ${short(drawn.body?.toString() ?? '')} → ${toldOf(outcome)}`,
      };
    },
    isAlive: async () => {
      const input = { method: 'GET', path: '/healthz', headers: {}, body: undefined };
      const outcome = await sendHttp(origin, input, ALIVE_MS);
      return outcome.kind === 'answer' && outcome.status === 200;
    },
  };
};
