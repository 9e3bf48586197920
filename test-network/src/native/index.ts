/** The native network: Fabric's own peers and orderers as processes of this machine. */
export { PROBE_CHAINCODE } from './chaincode/source.ts';
export { connectionOf, type MemberConnection, type NetworkConnection, type UserFiles } from './connection.ts';
export { NativeNetworkError, type NativeFailure } from './errors.ts';
export { findBinaries, hasFabricBinaries, type Binaries } from './fabric/binaries.ts';
export { addUtility } from './network/add-utility.ts';
export { logs, restartOne, startOne, status, stopOne, type NetworkStatus } from './network/control.ts';
export { createChannel, deployChaincode, type DeployOptions } from './network/deploy.ts';
export type { ChannelDeployment } from './network/lifecycle.ts';
export { openNetwork } from './network/open.ts';
export { rebuildNode } from './network/rebuild.ts';
export { rotateCertificates } from './network/rotate.ts';
export { down, up, type UpOptions } from './network/up.ts';
export { upgradeChaincode } from './network/upgrade.ts';
export { DEFAULT_STATE_DIR, NetworkPaths } from './paths.ts';
export { DEFAULT_BASE_PORT, freeBasePort, PORTS_PER_NODE } from './ports.ts';
export { readState, requireState, type NetworkState, type RunningState } from './state.ts';
export { topology, type NetworkNode, type NodeKind } from './topology.ts';
