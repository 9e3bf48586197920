/** What every service needs and none is about: HTTP edge, problems, assertions, metrics, SQL store. */
export { assertionAuth, bearerToken } from './auth/bearer.ts';
export { checkDpop, type DpopQuestion } from './auth/dpop.ts';
export {
  createAssertionSigner,
  createAssertionVerifier,
  type AssertionSigner,
  type AssertionVerifier,
} from './auth/assertion.ts';
export { createReplayCache, type ReplayGuard } from './auth/replay-cache.ts';
export { sharedSecretAuth } from './auth/shared-secret.ts';
export { createReplayTable, seenIdTable } from './auth/replay-table.ts';
export { call, type Call, type CallFailure, type CallResult } from './client/http-client.ts';
export { partnerCheck } from './client/partner-check.ts';
export { allowOrigins } from './http/allow-origins.ts';
export { limitRate } from './http/limit-rate.ts';
export { checkDepth, textFaults } from './http/plain-json.ts';
export { createService, type ReadyCheck, type Service, type ServiceOptions } from './http/service.ts';
export type { ListenOptions, TlsOptions } from './http/server.ts';
export {
  publicAuth,
  reply,
  route,
  type Answers,
  type Auth,
  type AuthRequest,
  type Route,
  type RouteContext,
} from './http/route.ts';
export { createLogger, type Logger, type LogLevel } from './log/logger.ts';
export { redact, redactText } from './log/redact.ts';
export {
  withKitProblems,
  type KitCode,
  type ProblemCatalogue,
  type ProblemKind,
} from './problem/catalogue.ts';
export {
  kitError,
  ServiceError,
  type PointedError,
  type ServiceErrorDetails,
} from './problem/service-error.ts';
export { DatabaseUnavailable } from './sql/database-unavailable.ts';
export { removeDatabase, startDatabase, type DatabaseProcess } from './sql/embedded.ts';
export { openStore, type Store, type StoreOptions } from './sql/store.ts';
export { sqlMigration, type Migration } from './sql/migrate.ts';
export { builtName, programArguments } from './process/program.ts';
