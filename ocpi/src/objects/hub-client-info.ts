import { z } from 'zod';
import { owner, role } from './common.ts';
import { closedEnum, dateTime } from './scalars.ts';

/** Spec: OCPI 2.2.1 mod_hub_client_info ClientInfo. */
export const clientInfo = z.looseObject({
  ...owner,
  role,
  status: closedEnum('CONNECTED OFFLINE PLANNED SUSPENDED'),
  last_updated: dateTime,
});
export type ClientInfo = z.output<typeof clientInfo>;
