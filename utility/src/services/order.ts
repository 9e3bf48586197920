import type { AaaNodeConfig } from '@roamgrid/aaa-node';
import type { GatewayConfig } from '@roamgrid/gateway';
import type { RouterConfig } from '@roamgrid/roaming-router';

/** Which service of a utility is to run, and as what. */
export type ServiceConfig =
  | { readonly service: 'gateway'; readonly config: GatewayConfig }
  | { readonly service: 'aaa'; readonly config: AaaNodeConfig }
  | { readonly service: 'router'; readonly config: RouterConfig };

export type ServiceName = ServiceConfig['service'];

export const SERVICE_NAMES = ['gateway', 'aaa', 'router'] as const satisfies readonly ServiceName[];

/** What a supervisor sends to the process of a service, once. */
export type ServiceOrder = ServiceConfig & {
  /** File of a simulated clock's time; the wall's clock when absent. */
  readonly clockFile?: string;
  /** Commands are proposed in that clock's time too, for as long as the process lives. */
  readonly isLedgerSimulated: boolean;
};
