import { cinParts, parseCinEntry } from '@roamgrid/domain';
import {
  inForceAt,
  type DriverToken,
  type IssuerEntry,
  type RouteTokenAnswer,
  type RouteTokenRequest,
  type TokenAnswer,
} from '@roamgrid/wire';
import type { Logger } from '@roamgrid/service-kit';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { HomeClient } from '../home/client.ts';
import { HomeFailure, HomeRefusal, type HomeFault } from '../home/failure.ts';
import type { OwnAaa } from '../own/aaa.ts';
import { FAULT_CODES } from './refusals.ts';

export interface ResolveOptions {
  readonly utilityId: string;
  readonly registry: IssuerRegistry;
  readonly own: Pick<OwnAaa, 'resolve'>;
  readonly home: Pick<HomeClient, 'resolve'>;
  /** Everything that all members together may take. */
  readonly budgetMs: number;
  readonly nowMs: () => number;
}

/** What one member said, or why it said nothing. */
type Said = { readonly by: string } & (
  TokenAnswer | { readonly outcome: 'silent'; readonly fault: HomeFault }
);

const refused = (
  code: Extract<RouteTokenAnswer, { outcome: 'refused' }>['code'],
  message?: string,
): RouteTokenAnswer => ({ outcome: 'refused', code, ...(message !== undefined && { message }) });

/** A member that a contract id names by its first five characters, if it looks like one. Spec: ISO 15118-2, annex H. */
const prefixOf = ({ type, value }: DriverToken): string | undefined =>
  type === 'emaid' ? /^[A-Z]{2}[A-Z0-9]{3}/.exec(value.toUpperCase().replace(/[\s*-]/g, ''))?.[0] : undefined;

/** The silences of those who might have known, worst first: who took too long may know it, who is away is away. */
const FAULTS = ['timeout', 'unreachable', 'protocol'] as const satisfies readonly HomeFault[];

/** What the answers come to. Silence ends nothing while somebody says that the token is his. */
const judge = (said: readonly Said[]): RouteTokenAnswer => {
  const known = said.flatMap((each) => (each.outcome === 'known' ? [each.cin] : []));
  const [cin] = known;
  if (new Set(known).size > 1) return refused('TOKEN_AMBIGUOUS');
  if (cin !== undefined) return { outcome: 'known', cin };
  if (said.some(({ outcome }) => outcome === 'blocked')) return refused('CUSTOMER_BLOCKED');
  const silent = said.flatMap((each) => (each.outcome === 'silent' ? [each] : []));
  const worst = FAULTS.find((fault) => silent.some((each) => each.fault === fault));
  if (worst === undefined) return refused('TOKEN_UNKNOWN');
  const names = silent.map(({ by }) => by).join(', ');
  return refused(FAULT_CODES[worst], `Nobody knows this card so far, and ${names} did not say.`);
};

/**
 * Finds out whose a token is. The own node is asked first, so that what is known here is told nobody; then every member
 * with an agreement in force, at once and within one bound. A contract id with a member's prefix goes to that member alone.
 */
export const createResolve = ({ utilityId, registry, own, home, budgetMs, nowMs }: ResolveOptions) => {
  const askOwn = async (token: DriverToken, log: Logger): Promise<Said> => {
    const answer = await own.resolve({ token });
    if (answer.ok) return { by: utilityId, ...answer.value };
    log.warn({ failure: answer.failure.kind }, 'the own AAA node does not say whose a token is');
    const { kind } = answer.failure;
    return { by: utilityId, outcome: 'silent', fault: kind === 'problem' ? 'unreachable' : kind };
  };

  /** A member speaks for its own customers: what it says of another's is no answer. */
  const requireOwn = (hun: string, answer: TokenAnswer): TokenAnswer => {
    if (answer.outcome !== 'known') return answer;
    const cin = parseCinEntry(answer.cin);
    if (!cin.ok || cinParts(cin.value).utility !== hun)
      throw new HomeFailure('protocol', `${hun} named a customer that is not its own`);
    return { outcome: 'known', cin: cin.value };
  };

  const askMember = async (
    { utility }: IssuerEntry,
    token: DriverToken,
    signal: AbortSignal,
    log: Logger,
  ): Promise<Said> => {
    const by = utility.utilityId;
    try {
      return { by, ...requireOwn(by, await home.resolve(utility, token, signal)) };
    } catch (thrown) {
      if (!(thrown instanceof HomeFailure || thrown instanceof HomeRefusal)) throw thrown;
      log.warn({ hun: by, err: thrown }, 'a member does not say whose a token is');
      return { by, outcome: 'silent', fault: thrown instanceof HomeFailure ? thrown.fault : 'protocol' };
    }
  };

  const hasAgreement = ({ agreement }: IssuerEntry): boolean =>
    agreement !== undefined && inForceAt(agreement, nowMs());

  /** The one member that a contract id names; undefined when it names none. */
  const askNamed = async (
    hun: string,
    token: DriverToken,
    log: Logger,
  ): Promise<RouteTokenAnswer | undefined> => {
    if (hun === utilityId) return judge([await askOwn(token, log)]);
    const found = await registry.issuer(hun);
    if (!found.ok) return found.why === 'unknown' ? undefined : refused('ISSUER_EXPIRED');
    if (!hasAgreement(found.entry)) return refused('NO_AGREEMENT');
    return judge([await askMember(found.entry, token, AbortSignal.timeout(budgetMs), log)]);
  };

  const membersOf = async (homes: readonly string[]): Promise<readonly IssuerEntry[]> => {
    const others = homes.filter((hun) => hun !== utilityId);
    const found = await Promise.all(others.map((hun) => registry.issuer(hun)));
    return found.flatMap((each) => (each.ok && hasAgreement(each.entry) ? [each.entry] : []));
  };

  const askAll = async ({ token, homes }: RouteTokenRequest, log: Logger): Promise<RouteTokenAnswer> => {
    const ours = await askOwn(token, log);
    if (ours.outcome === 'known') return judge([ours]);
    const members = await membersOf(homes);
    const signal = AbortSignal.timeout(budgetMs);
    return judge([ours, ...(await Promise.all(members.map((each) => askMember(each, token, signal, log))))]);
  };

  return async (request: RouteTokenRequest, log: Logger): Promise<RouteTokenAnswer> => {
    const named = prefixOf(request.token);
    try {
      const answer = named === undefined ? undefined : await askNamed(named, request.token, log);
      return answer ?? (await askAll(request, log));
    } catch (thrown) {
      log.warn({ err: thrown }, 'the registry does not say which members there are');
      return refused('LEDGER_UNAVAILABLE');
    }
  };
};

export type Resolve = ReturnType<typeof createResolve>;
