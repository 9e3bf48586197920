import { createAssertionSigner } from '@roamgrid/service-kit';
import type { GatewaySettings } from './config.ts';

/** What the gateway proves itself with to its router and its AAA node. */
export const machineSigner = (config: GatewaySettings) =>
  config.machineKey === undefined || config.utilityId === undefined
    ? undefined
    : createAssertionSigner({
        key: config.machineKey,
        iss: 'gateway',
        utility: config.utilityId,
        role: 'gateway',
      });
