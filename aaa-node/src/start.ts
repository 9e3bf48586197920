import type { PublicJwk } from '@roamgrid/wire';
import {
  allowOrigins,
  createAssertionSigner,
  createLogger,
  createReplayTable,
  createService,
  limitRate,
  openStore,
  partnerCheck,
} from '@roamgrid/service-kit';
import { createIssuerRegistry } from '@roamgrid/service-kit/registry';
import { createTrust, startRounds } from '@roamgrid/service-kit/runtime';
import type { Provider } from 'oidc-provider';
import { createIngest } from './accounting/ingest.ts';
import { createOriginMatching } from './origin/matching.ts';
import { aaaNodeConfig, type AaaNodeConfig } from './config.ts';
import { createBookingFees } from './booking/fees.ts';
import { createGivenCredits } from './given/credits.ts';
import { createReserver } from './booking/reserve.ts';
import { driverBookingRoutes, partnerBookingRoute } from './booking/routes.ts';
import { createGridFigures } from './crp/grid-figures.ts';
import { createDriverAuth } from './driver/auth.ts';
import { createConfirm } from './driver-token/confirm.ts';
import { createPartnersWord } from './driver-token/partners-word.ts';
import { cardTokenRoutes } from './driver-token/routes.ts';
import { driverRoutes } from './driver/routes.ts';
import { CREDIT_PATH, CREDIT_RATE, creditFaultRoutes } from './offline/credit-routes.ts';
import { offlineDesk } from './offline/desk.ts';
import { partnerOfflineRoutes } from './offline/routes.ts';
import { createHead } from './gateway/head.ts';
import { createGatewayClient } from './gateway/client.ts';
import { createRevocationTeller } from './hcp/tell-ledger.ts';
import { createProviderAuth, infrastructureRoutes } from './infrastructure/routes.ts';
import { sweepOidcPayloads } from './oidc/adapter.ts';
import { createClientSource } from './oidc/clients.ts';
import { interactionRoutes } from './oidc/interactions.ts';
import { dropForeignForwarding, wrapProvider } from './oidc/provider-edge.ts';
import { createProvider } from './oidc/provider.ts';
import { createRoamingAuth } from './oidc/roaming-auth.ts';
import { createSignInGuard, sweepSignInFailures } from './oidc/sign-in-guard.ts';
import { accountingRoutes } from './operator/accounting-routes.ts';
import { customerRoutes } from './operator/customer-routes.ts';
import { decisionRoutes } from './operator/decision-routes.ts';
import { contestRoutes } from './operator/contest-routes.ts';
import { takeBackRoutes } from './operator/take-back-routes.ts';
import { disputeRoutes } from './operator/dispute-routes.ts';
import { paymentRoutes } from './operator/payment-routes.ts';
import { exchangeRoutes } from './operator/exchange-routes.ts';
import { ruleRoutes } from './operator/rule-routes.ts';
import { aaaProblems } from './problems.ts';
import { createAnsweringOfDisputes } from './review/answer-disputes.ts';
import { createInvoiceReview } from './review/clear-invoices.ts';
import { createTakeBacks } from './review/take-backs.ts';
import { createHomeDisputes } from './review/home-disputes.ts';
import { createDemands } from './review/missing-records.ts';
import { createPatience } from './review/patience.ts';
import { createAuthoriser } from './roaming/authorise.ts';
import { createConsents } from './roaming/consent.ts';
import { createKeptOpenings } from './roaming/kept.ts';
import { createOpenings } from './roaming/opening.ts';
import { partnerSessionRoute } from './roaming/partner-sessions.ts';
import { fixedRateRoutes } from './roaming/fixed-rate.ts';
import { roamingRoutes } from './roaming/routes.ts';
import { aaaMigrations } from './store/migrations.ts';
import { pruneStore } from './store/prune.ts';
import type { AaaDatabase } from './store/schema.ts';
import { driverTokenRoutes } from './token/driver-routes.ts';
import { openByToken } from './token/open.ts';
import { tokenRoutes } from './token/routes.ts';
import { createProfileKeeper } from './vcp/keep.ts';
import { visitorRoutes } from './vcp/routes.ts';
import { createVisitorKey } from './vcp/visitor-key.ts';

/** A running AAA node. */
export interface AaaNode {
  /** Origin of its HTTP interfaces. */
  readonly url: string;
  /** OpenID issuer; the registry's `oidcIssuer`. */
  readonly issuer: string;
  /** Ends running requests and rounds, then the connections. */
  close(): Promise<void>;
}

/** Where the provider hangs; the issuer is the origin with this path. */
const PROVIDER_PATH = '/oidc';
const SWEEP_EVERY_MS = 60_000;
const PRUNE_EVERY_MS = 600_000;

const publicPart = ({ kty, crv, x, y, kid }: PublicJwk): PublicJwk => ({ kty, crv, x, y, kid });

/** What a caller may put in the place of the surroundings. */
export interface AaaNodeOptions {
  /** Clock of the business: quotes, consents, profiles, periods. Tokens always live by the wall's. */
  readonly nowMs?: () => number;
  /** Time that commands are proposed at where that is not the wall's; what is booked ahead is judged by it. */
  readonly proposalTimeMs?: () => number | undefined;
}

/**
 * Starts one utility's AAA node: OpenID provider, roaming API, visitors' profiles, charging rules and accounting.
 * @throws ZodError when the configuration is wrong; Error when the database or the port cannot be had.
 */
export const startAaaNode = async (
  config: AaaNodeConfig,
  { nowMs = Date.now, proposalTimeMs }: AaaNodeOptions = {},
): Promise<AaaNode> => {
  const settings = aaaNodeConfig.parse(config);
  const { utilityId, utilityName, channel, times } = settings;
  const log = createLogger(`aaa-${utilityId}`, { level: settings.logLevel });
  const store = await openStore<AaaDatabase>({
    ...(settings.database.url === undefined ? {} : { databaseUrl: settings.database.url }),
    stateDir: settings.database.stateDir,
    database: settings.database.name,
    schema: 'aaa',
    migrations: aaaMigrations,
  });
  const { db } = store;
  // Known once the node listens: the issuer's name has the port in it.
  let origin = '';
  const made: { provider?: Provider } = {};
  const theProvider = (): Provider => {
    if (made.provider === undefined) throw new Error('the node does not listen yet');
    return made.provider;
  };
  const issuer = () => `${origin}${PROVIDER_PATH}`;
  const roamingResource = () => `${origin}/roaming`;

  const sign = createAssertionSigner({
    key: settings.machineKey,
    iss: 'aaa',
    utility: utilityId,
    role: 'aaa',
  });
  const head = createHead();
  const gateway = createGatewayClient(settings.gatewayUrl, utilityId, sign, head.at);
  const registry = createIssuerRegistry({ gatewayUrl: settings.gatewayUrl, sign, times, validAtMs: nowMs });
  const signer = { kid: settings.signingKey.kid, key: settings.signingKey };
  const headroomPpm = BigInt(settings.headroomPpm);
  const gridFigures = createGridFigures({
    db,
    ask: gateway.gridFigures,
    keptMs: times.gridFiguresKept,
    nowMs,
    elapsedMs: () => performance.now(),
  });
  const confirm =
    settings.partnersDoorUrl === undefined ? undefined : createConfirm(settings.partnersDoorUrl, sign);
  const authoriser = createAuthoriser({
    db,
    registry,
    utilityId,
    channel,
    signer,
    driverAppUrl: settings.driverAppUrl,
    gridFigures,
    consentMs: times.consent,
    headroomPpm,
    profileSessions: settings.profileSessions,
    offersPerCard: settings.offersPerCard,
    askPartner: createPartnersWord(db, confirm),
    nowMs,
  });
  const openings = createOpenings({ registry, gateway, nowMs });
  const consents = createConsents({ db, openings, provider: theProvider, roamingResource, nowMs });
  const openKept = createKeptOpenings({ db, openings, utilityId, nowMs });
  const ingest = createIngest({ db, gateway, registry, utilityId, heldAgainMs: times.heldAgain, nowMs, log });
  const patience = createPatience({ everyMs: times.feed, log });
  const clearing = { db, gateway, registry, utilityId, atOnce: settings.carsAtOnce, patience, nowMs, log };
  const invoiceReview = createInvoiceReview(clearing);
  const homeDisputes = createHomeDisputes(clearing);
  const answering = createAnsweringOfDisputes(clearing);
  const reserver = createReserver({
    db,
    utilityId,
    channel,
    registry,
    gateway,
    signer,
    openPerCard: settings.reservationsPerCard,
    nowMs: () => proposalTimeMs?.() ?? Date.now(),
  });
  const givenCredits = createGivenCredits({ db, gateway, utilityId, nowMs, log });
  const bookingFees = createBookingFees({ db, gateway, registry, utilityId, nowMs, log });
  const matchOrigin = createOriginMatching({ db, gateway, utilityId, nowMs });
  const visitorKey = createVisitorKey(settings.secrets.visitors);
  const byToken =
    settings.token &&
    openByToken(settings.token, { db, utilityId, gateway, everyMs: times.feed, nowMs, log });
  const desk = byToken?.desk;

  const replay = createReplayTable(db);
  const trusted = createTrust(utilityId, settings.trusted, () => [origin], replay);
  const operator = trusted('operator');
  const tokens = {
    issuer,
    origin: () => origin,
    keys: settings.providerKeys.map(publicPart),
    replay,
    nowMs: Date.now,
  };
  const roamingAuth = createRoamingAuth({ ...tokens, audience: roamingResource, registry });
  const deviceResource = () => `${origin}/driver`;
  const infrastructureResource = () => `${origin}/infrastructure`;

  const gatewayCheck = partnerCheck('gateway', settings.gatewayUrl, { isAdvisory: true });
  const service = createService({
    name: 'aaa-node',
    version: '0.1.0',
    logger: log,
    problems: aaaProblems,
    rateLimit: { windowMs: 60_000, requests: 60_000 },
    trustedProxies: settings.trustedProxies,
    ...(settings.tls === undefined ? {} : { tls: settings.tls }),
    helmet: {
      contentSecurityPolicy: {
        directives: {
          // After signing in the browser is sent on to the app, wherever that is.
          formAction: null,
          upgradeInsecureRequests: null,
        },
      },
    },
    ready: () => Promise.all([store.check(), gatewayCheck()]),
    routes: [
      partnerSessionRoute(db, operator, nowMs),
      ...roamingRoutes({ db, auth: roamingAuth, consents, openKept, homeDisputes }),
      partnerBookingRoute(gateway, roamingAuth.partner),
      ...partnerOfflineRoutes(gateway, roamingAuth.partner),
      ...visitorRoutes({
        db,
        auth: trusted('gateway', 'router'),
        utilityId,
        channel,
        visitorKey,
        keep: createProfileKeeper({ db, registry, utilityId, channel, visitorKey, nowMs }),
        limits: {
          consentMs: times.consent,
          revocationsStaleMs: times.revocationsStale,
          offersPerCard: settings.offersPerCard,
        },
        nowMs,
      }),
      ...cardTokenRoutes({
        db,
        registry,
        auth: { operator, router: trusted('router'), partner: roamingAuth.partner },
        utilityId,
        secretHex: settings.secrets.driverTokens,
        unknownTokensPerMinute: settings.unknownTokensPerMinute,
        nowMs,
      }),
      ...customerRoutes({ db, auth: operator, utilityId, hasChain: desk !== undefined, nowMs }),
      ...(desk === undefined ? [] : tokenRoutes({ db, auth: operator, desk, nowMs })),
      ...paymentRoutes({ db, auth: operator, nowMs }),
      ...ruleRoutes({ db, auth: operator, nowMs }),
      ...exchangeRoutes(db, operator),
      ...fixedRateRoutes(db, trusted('gateway')),
      ...decisionRoutes({ db, auth: operator }),
      ...creditFaultRoutes(db, operator),
      ...contestRoutes({ db, homeDisputes, auth: { operator, gateway: trusted('gateway') }, nowMs }),
      ...disputeRoutes({ db, gateway, homeDisputes, answering, utilityId, auth: operator }),
      ...takeBackRoutes({ db, utilityId, auth: operator, nowMs }),
      ...accountingRoutes({
        db,
        gateway,
        ingest,
        invoiceReview,
        matchOrigin,
        utilityId,
        auth: { operator, gateway: trusted('gateway') },
        nowMs,
      }),
    ],
  });
  const appOrigins = settings.apps
    .flatMap(({ redirectUris }) => redirectUris)
    .map((uri) => new URL(uri).origin);
  // An app's own scheme has no origin, and a sandboxed page claims exactly that.
  const origins = appOrigins.filter((one) => one !== 'null');
  service.app.use('/driver/v1', allowOrigins(origins, ['GET', 'POST', 'PUT', 'DELETE']));
  service.app.use(CREDIT_PATH, limitRate(CREDIT_RATE));
  const driver = createDriverAuth({ ...tokens, audience: deviceResource });
  service.addRoutes([
    ...driverRoutes({ db, auth: driver.device, nowMs }),
    ...driverBookingRoutes({ db, reserver, gateway, auth: driver.booking }),
    ...(settings.offline === undefined
      ? []
      : offlineDesk(settings.offline, {
          ...{ db, registry, gateway, utilityId, channel, signer, auth: driver.offline, nowMs },
        })),
    ...(desk === undefined ? [] : driverTokenRoutes({ db, auth: driver.device, desk, nowMs })),
  ]);
  service.app.use('/infrastructure/v1', allowOrigins(origins, ['GET']));
  const provider = createProviderAuth({ ...tokens, audience: infrastructureResource }, db);
  service.addRoutes(infrastructureRoutes({ db, auth: { operator, provider }, nowMs }));
  const guard = createSignInGuard({ db, secret: settings.secrets.cookies, nowMs: Date.now });
  service.app.use(interactionRoutes({ provider: theProvider, db, guard, utilityName }));
  dropForeignForwarding(service.app);
  service.app.use(PROVIDER_PATH, (request, response, next) => {
    theProvider().callback()(request, response).catch(next);
  });

  const url = await service.listen(settings.listen);
  origin = settings.publicUrl === undefined ? url : new URL(settings.publicUrl).origin;
  made.provider = createProvider({
    issuer: issuer(),
    db,
    clients: createClientSource(registry, settings),
    authoriser,
    resources: {
      roaming: roamingResource(),
      driver: new URL(settings.gatewayUrl).origin,
      device: deviceResource(),
      infrastructure: infrastructureResource(),
    },
    settings,
    behindProxy: settings.trustedProxies.length > 0,
  });
  wrapProvider(made.provider, log);

  const sweep = async (): Promise<void> => {
    await sweepOidcPayloads(db, Date.now());
    await sweepSignInFailures(db, Date.now());
  };
  head.follow(gateway.head);
  const rounds = [
    startRounds('sweep', SWEEP_EVERY_MS, sweep, log),
    startRounds('prune', PRUNE_EVERY_MS, () => pruneStore(db, nowMs()), log),
    startRounds('home records', times.feed, ingest.home, log),
    startRounds('held records', times.feed, ingest.held, log),
    startRounds('booking fees', times.feed, bookingFees, log),
    startRounds('given by cars', times.feed, givenCredits, log),
    startRounds('visitors’ records', times.feed, ingest.visited, log),
    startRounds('grid figures', times.gridFigures, gridFigures.refresh, log),
    startRounds('invoices', times.feed, invoiceReview.round, log),
    startRounds('disputes at home', times.feed, homeDisputes.round, log),
    startRounds('disputes here', times.feed, answering.round, log),
    startRounds('records taken back', times.feed, createTakeBacks(clearing), log),
    startRounds('missing records', times.feed, createDemands(clearing), log),
    ...(byToken?.startRounds() ?? []),
    startRounds('revocations', times.feed, createRevocationTeller(db, gateway, nowMs, log), log),
  ];
  return {
    url: origin,
    issuer: issuer(),
    async close() {
      await Promise.all([...rounds, head].map((each) => each.stop()));
      await service.close();
      byToken?.close();
      await store.close();
    },
  };
};
