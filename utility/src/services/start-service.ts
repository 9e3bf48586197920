import { startAaaNode } from '@roamgrid/aaa-node';
import { startGateway } from '@roamgrid/gateway';
import { startRouter } from '@roamgrid/roaming-router';
import type { ServiceConfig } from './order.ts';

/** The clocks of a service; the wall's where there is none. */
export interface ServiceClocks {
  readonly nowMs?: () => number;
  /** Time that commands are proposed at. */
  readonly proposalTimeMs?: () => number | undefined;
}

export interface RunningService {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts one service of a utility in this process. */
export const startService = (
  order: ServiceConfig,
  { nowMs, proposalTimeMs }: ServiceClocks,
): Promise<RunningService> => {
  const options = nowMs === undefined ? {} : { nowMs };
  const proposing = { ...options, ...(proposalTimeMs === undefined ? {} : { proposalTimeMs }) };
  switch (order.service) {
    case 'gateway':
      return startGateway(order.config, proposing);
    case 'aaa':
      return startAaaNode(order.config, proposing);
    case 'router':
      return startRouter(order.config, options);
  }
};
