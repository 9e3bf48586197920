import type { PublicJwk } from '@roamgrid/wire';
import {
  createAssertionSigner,
  createLogger,
  createReplayTable,
  createService,
  openStore,
  partnerCheck,
  type ReadyCheck,
} from '@roamgrid/service-kit';
import { createOutside } from '@roamgrid/service-kit/outside';
import { createIssuerRegistry } from '@roamgrid/service-kit/registry';
import { createTrust, startRounds } from '@roamgrid/service-kit/runtime';
import { Counter, Histogram } from 'prom-client';
import { routerConfig, type RouterConfig } from './config.ts';
import { createBreaker, type Breaker } from './home/breaker.ts';
import { createHomeClient } from './home/client.ts';
import { createOAuth } from './home/oauth.ts';
import { routerMigrations, type RouterDatabase } from './occurrence/schema.ts';
import { sweepOccurrences } from './occurrence/store.ts';
import { createOwnAaa } from './own/aaa.ts';
import { createRevocationReader } from './own/revocations.ts';
import { routerProblems } from './problems.ts';
import { createAskPartner } from './route/ask-partner.ts';
import { createAuthorise } from './route/authorise.ts';
import { createConsent } from './route/consent.ts';
import { createOpenings } from './route/openings.ts';
import { createReports } from './route/reports.ts';
import { createResolve } from './route/resolve.ts';
import { createTakeBack } from './route/take-back.ts';
import { routerRoutes } from './routes.ts';

/** A running roaming router. */
export interface RoamingRouter {
  readonly url: string;
  /** Ends running requests and rounds, then the connections. */
  close(): Promise<void>;
}

const SWEEP_EVERY_MS = 300_000;

const publicPart = ({ kty, crv, x, y, kid }: PublicJwk): PublicJwk => ({ kty, crv, x, y, kid });

/** A home utility that does not answer makes the router no less ready: its visitors charge on kept profiles. */
const homesCheck = ({ silent }: Breaker): ReadyCheck => {
  const homes = silent();
  return {
    name: 'homes',
    ok: homes.length === 0,
    isAdvisory: true,
    ...(homes.length === 0 ? {} : { detail: `no answer from ${homes.join(', ')}` }),
  };
};

/** What a caller may put in the place of the surroundings. */
export interface RouterOptions {
  /** Clock of the business: quotes, consents, profiles, periods. Tokens always live by the wall's. */
  readonly nowMs?: () => number;
}

/**
 * Starts one utility's roaming router (R-GW/R).
 * @throws ZodError when the configuration is wrong; Error when the database or the port cannot be had.
 */
export const startRouter = async (
  config: RouterConfig,
  { nowMs = Date.now }: RouterOptions = {},
): Promise<RoamingRouter> => {
  const settings = routerConfig.parse(config);
  const { utilityId, times, gatewayUrl } = settings;
  const log = createLogger(`router-${utilityId}`, { level: settings.logLevel });
  const { url: databaseUrl, stateDir, name: database } = settings.database;
  const store = await openStore<RouterDatabase>({
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    stateDir,
    database,
    schema: 'router',
    migrations: routerMigrations,
  });
  const { db } = store;
  let origin = '';

  const sign = createAssertionSigner({
    key: settings.machineKey,
    iss: 'router',
    utility: utilityId,
    role: 'router',
  });
  const registry = createIssuerRegistry({ gatewayUrl, sign, times, validAtMs: nowMs });
  const own = createOwnAaa({
    url: settings.aaaUrl,
    sign,
    timeoutMs: times.ownBudget,
  });
  const { signingKey, dpopKey } = settings;
  const outside = createOutside(settings);
  const breaker = createBreaker(settings.breaker);
  const home = createHomeClient(
    createOAuth({ clientId: utilityId, signingKey, dpopKey, nowMs: Date.now, outside }),
    breaker,
  );
  const openings = createOpenings({ db, registry, home, budgetMs: times.openingBudget, log });
  const reports = createReports({
    db,
    registry,
    own,
    home,
    openings,
    budgetMs: times.reportBudget,
    nowMs,
    log,
  });
  const readRevocations = createRevocationReader({ own, home, registry, budgetMs: times.homeBudget, log });

  const partners = [
    partnerCheck('aaa', settings.aaaUrl, { isAdvisory: true }),
    partnerCheck('gateway', gatewayUrl, { isAdvisory: true }),
    () => Promise.resolve(homesCheck(breaker)),
  ];
  const service = createService({
    name: 'roaming-router',
    version: '0.1.0',
    logger: log,
    problems: routerProblems,
    // Only machines of the own utility reach it, each with its key.
    rateLimit: 'off',
    trustedProxies: settings.trustedProxies,
    ...(settings.tls === undefined ? {} : { tls: settings.tls }),
    ready: () => Promise.all([store.check(), ...partners.map((check) => check())]),
  });
  const metrics = {
    answers: new Counter({
      name: 'router_answers_total',
      help: 'Swipes by outcome: home, cache, or the refusal',
      labelNames: ['outcome'] as const,
      registers: [service.registry],
    }),
    tokens: new Counter({
      name: 'router_tokens_total',
      help: 'Tokens by outcome: known, or why nobody was found',
      labelNames: ['outcome'] as const,
      registers: [service.registry],
    }),
    seconds: new Histogram({
      name: 'router_answer_seconds',
      help: 'Time of one answer by outcome',
      labelNames: ['outcome'] as const,
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4],
      registers: [service.registry],
    }),
  };
  const homeBudgetMs = times.homeBudget;
  service.addRoutes(
    routerRoutes({
      db,
      auth: createTrust(utilityId, settings.trusted, () => [origin], createReplayTable(db))('gateway'),
      authorise: createAuthorise({ db, utilityId, registry, own, home, homeBudgetMs, nowMs }),
      consent: createConsent({ db, own, openings, ownKey: publicPart(signingKey), nowMs }),
      resolve: createResolve({ utilityId, registry, own, home, budgetMs: times.tokenBudget, nowMs }),
      reports,
      askPartner: createAskPartner({ utilityId, registry, budgetMs: times.reserveBudget }),
      partners: home,
      takeBack: createTakeBack({ utilityId, registry, home, budgetMs: times.reportBudget }),
      metrics,
      nowMs,
    }),
  );
  const url = await service.listen(settings.listen);
  origin = settings.publicUrl === undefined ? url : new URL(settings.publicUrl).origin;

  const rounds = [
    startRounds('revocations', times.revocationsEvery, readRevocations, log),
    startRounds('reports', times.retryEvery, reports.retry, log),
    startRounds('sweep', SWEEP_EVERY_MS, () => sweepOccurrences(db, settings.maxOccurrences, nowMs()), log),
  ];
  return {
    url: origin,
    async close() {
      await Promise.all(rounds.map((round) => round.stop()));
      await service.close();
      await outside.close();
      await store.close();
    },
  };
};
