/** The consortium as data: organisations, channel, policies, node settings, deployment files. */
export { nextUtility, withConsensus, withUtility, withUtilityCount } from './consortium/change.ts';
export { activeOrderers, peerOrganisations, requiredEndorsements } from './consortium/derived.ts';
export {
  defaultConsortiumPath,
  InvalidConsortium,
  loadConsortium,
  parseConsortium,
} from './consortium/load.ts';
export type { Consortium, IdentityTemplate, Organisation, Utility } from './consortium/schema.ts';
export {
  CHANNEL_PROFILE,
  configtx,
  configtxYaml,
  type Address,
  type Placement,
} from './configtx/configtx.ts';
export { nodeUnitsYaml } from './node/node-units.ts';
export { ordererConfigYaml, type OrdererSettings } from './node/orderer-config.ts';
export { BUILDER_CONFIG_VARIABLE, peerConfigYaml, type PeerSettings } from './node/peer-config.ts';
export type { TlsFiles } from './node/tls.ts';
export { chaincodeEndorsement } from './policy/consortium-policies.ts';
export { policyText, type Policy } from './policy/policy.ts';
export { deploymentFiles } from './deploy/files.ts';
