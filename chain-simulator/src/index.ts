export { startSimulatedNode, type SimulatedNode, type SimulatedNodeOptions } from './node.ts';
export { serveChain, type ServedChain, type ServedChainOptions } from './served-chain.ts';
