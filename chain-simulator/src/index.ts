export { startSimulatedNode, type SimulatedNode, type SimulatedNodeOptions } from './node.ts';
