/** Runs jobs on the servers in a charging station's cabinet, within the power that the site grants them. */
export { agentConfig, type AgentConfig } from './config.ts';
export { startAgent, type RunningAgent, type StartOptions } from './start.ts';
