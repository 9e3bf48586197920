import type { Route } from '@roamgrid/service-kit';
import type { Agent } from '../agent.ts';
import type { AgentConfig } from '../config.ts';
import { cabinetRoutes } from './cabinet-routes.ts';
import { jobRoutes } from './job-routes.ts';
import { powerRoutes } from './power-routes.ts';
import { transferRoutes } from './transfer-routes.ts';

/** Everything that the agent answers. Who may ask what is said by the certificate that the caller came in with. */
export const agentRoutes = (agent: Agent, config: AgentConfig): readonly Route[] => [
  ...powerRoutes(agent),
  ...jobRoutes(agent),
  ...transferRoutes(agent, config),
  ...cabinetRoutes(agent),
];
