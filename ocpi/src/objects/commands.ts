import { z } from 'zod';
import { displayText } from './common.ts';
import { ciString, closedEnum, dateTime, int, maybe, some, url, type OcpiDoorVersion } from './scalars.ts';
import { tokensOf } from './tokens.ts';

/** Spec: OCPI 2.2.1 mod_commands CommandType. */
export const COMMANDS = [
  'CANCEL_RESERVATION',
  'RESERVE_NOW',
  'START_SESSION',
  'STOP_SESSION',
  'UNLOCK_CONNECTOR',
] as const;
export type CommandType = (typeof COMMANDS)[number];

export const RESULTS = [
  'ACCEPTED',
  'CANCELED_RESERVATION',
  'EVSE_OCCUPIED',
  'EVSE_INOPERATIVE',
  'FAILED',
  'NOT_SUPPORTED',
  'REJECTED',
  'TIMEOUT',
  'UNKNOWN_RESERVATION',
] as const;
/** Spec: OCPI 2.2.1 mod_commands CommandResultType. */
export type CommandResultType = (typeof RESULTS)[number];

/** Spec: OCPI 2.2.1 and 2.3.0 mod_commands. */
export const commandsOf = (version: OcpiDoorVersion) => {
  const { token } = tokensOf(version);
  const place = { location_id: ciString(36), evse_uid: maybe(ciString(36)) };
  const common = { response_url: url };
  const reference = { authorization_reference: maybe(ciString(36)) };
  const bodies = {
    CANCEL_RESERVATION: z.looseObject({ ...common, reservation_id: ciString(36) }),
    RESERVE_NOW: z.looseObject({
      ...common,
      ...place,
      ...reference,
      token,
      expiry_date: dateTime,
      reservation_id: ciString(36),
    }),
    START_SESSION: z.looseObject({
      ...common,
      ...place,
      ...reference,
      token,
      connector_id: maybe(ciString(36)),
    }),
    STOP_SESSION: z.looseObject({ ...common, session_id: ciString(36) }),
    UNLOCK_CONNECTOR: z.looseObject({
      ...common,
      location_id: ciString(36),
      evse_uid: ciString(36),
      connector_id: ciString(36),
    }),
  } as const satisfies Record<CommandType, z.ZodType>;
  const response = z.looseObject({
    result: closedEnum('NOT_SUPPORTED REJECTED ACCEPTED UNKNOWN_SESSION'),
    timeout: int,
    message: some(displayText),
  });
  const result = z.looseObject({ result: z.enum(RESULTS), message: some(displayText) });
  return { bodies, response, result };
};

type Commands = ReturnType<typeof commandsOf>;
export type CommandBody<C extends CommandType> = z.output<Commands['bodies'][C]>;
export type CommandResponse = z.output<Commands['response']>;
export type CommandResult = z.output<Commands['result']>;
