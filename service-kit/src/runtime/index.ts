/** What a service's program is made of: configuration parts, trust in the own utility's callers, rounds, main. */
export {
  allowedNetworks,
  databaseConfig,
  duration,
  listenConfig,
  logLevel,
  privateJwk,
  tlsConfig,
  trustedCaller,
  trustedProxies,
  type PrivateJwk,
  type TrustedCaller,
} from './config.ts';
export { createTrust, type Trust } from './trust.ts';
export { startRounds, type Rounds } from './rounds.ts';
export { mustReadDurable, readDurable, removeDurably, renameDurably, writeDurably } from './durable-file.ts';
export { keepFilesPrivate, privateFolder } from './private-files.ts';
export { runMain, type Running } from './run-main.ts';
