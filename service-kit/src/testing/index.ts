/** For tests only: fresh keys, and the gateway's internal interface over real HTTP without a ledger. */
export { makeKey, publicKey, type TestKey } from './keys.ts';
export { startRegistryServer, type RegistryWorld } from './registry-server.ts';
