/** `npx tsx compute-agent/src/main.ts --config agent.json`: the agent of one cabinet. */
import { runMain } from '@roamgrid/service-kit/runtime';
import { agentConfig } from './config.ts';
import { startAgent } from './start.ts';

await runMain(agentConfig, (config) => startAgent(config));
