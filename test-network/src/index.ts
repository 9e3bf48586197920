/** The consortium on one machine: embedded development peer and native Fabric network. */
export { startEmbedded } from './embedded/start.ts';
export type { EmbeddedNetwork, PeerEndpoint } from './embedded/start.ts';
export { DEFAULT_BATCH, DEFAULT_CHANNEL, DEFAULT_LIMITS, DEFAULT_STATE_DIR } from './embedded/config.ts';
export type {
  BatchConfig,
  ChaincodeConfig,
  ChannelConfig,
  CollectionConfig,
  EmbeddedConfig,
  LimitsConfig,
  OrganizationConfig,
  UserConfig,
} from './embedded/config.ts';
export { enrol, ensureChaincodeTls, readUser } from './embedded/identity/material.ts';
export type { UserIdentity } from './embedded/identity/material.ts';
export { startChaincodeProcess } from './embedded/chaincode/process.ts';
export type { ChaincodeProcess, ChaincodeProcessConfig } from './embedded/chaincode/process.ts';
export { CLOCK_SWITCH_VARIABLE, clockSwitchFile, setEndorsementClock } from './endorsement-clock.ts';
export type { EndorsementClock } from './endorsement-clock.ts';
export { freePort } from './free-port.ts';
export { implicitCollectionName } from './embedded/lifecycle/definition.ts';
export { newNodeSigner } from './embedded/identity/node-signer.ts';
export { verifyChain } from './embedded/ledger/verify-chain.ts';
export type { ChainReport, VerifyOptions } from './embedded/ledger/verify-chain.ts';
export { storedTexts } from './stored-texts.ts';
export { startEmbeddedProcess } from './embedded/process.ts';
export type { EmbeddedProcess } from './embedded/process.ts';
