import { withKitProblems, ServiceError, type ServiceErrorDetails } from '@roamgrid/service-kit';
import { ledgerErrorCode, refusalCode, type LedgerErrorCode, type RefusalCode } from '@roamgrid/wire';

type OwnCode =
  | 'SWIPE_UNKNOWN'
  | 'SWIPE_REUSED'
  | 'SESSION_UNKNOWN'
  | 'SESSION_ENDED'
  | 'CONSENT_INVALID'
  | 'METER_INVALID'
  | 'READINGS_INVALID'
  | 'ISSUER_NOT_FOUND'
  | 'STATION_NOT_FOUND'
  | 'RECORD_NOT_FOUND'
  | 'COMMAND_UNKNOWN'
  | 'FACT_UNKNOWN'
  | 'OPENING_REFUSED'
  | 'LEDGER_DOWN'
  | 'LEDGER_INVALID'
  | 'HOME_SERVICE_DOWN'
  | 'PARTNER_REFUSED'
  | 'TAKE_BACK_REFUSED'
  | 'SESSION_NOT_BILLED'
  | 'CONTEST_REFUSED'
  | 'VERSION_OLD'
  | 'CALENDAR_INVALID'
  | 'OFFLINE_OUTLET_UNKNOWN'
  | 'OFFLINE_CHARGER_KEY_TAKEN'
  | 'OFFLINE_KEY_UNREGISTERED'
  | 'OFFLINE_LEAVE_INVALID'
  | 'OFFLINE_DIAGNOSIS_INVALID'
  | 'OFFLINE_NO_READINGS'
  | 'OFFLINE_PLAN_UNKNOWN'
  | 'OFFLINE_TOKEN_UNKNOWN'
  | 'OFFLINE_FIRMWARE_REFUSED'
  | 'OFFLINE_FIRMWARE_UNKNOWN';

/** A refusal of a contract, as a problem code. */
export type LedgerProblem = `LEDGER_${LedgerErrorCode}`;
export type GatewayCode = OwnCode | RefusalCode | LedgerProblem;

const own = {
  OFFLINE_OUTLET_UNKNOWN: { status: 404, title: 'There is no such outlet without network' },
  OFFLINE_CHARGER_KEY_TAKEN: {
    status: 409,
    title: 'Another charger has this key',
    remedy: 'Make a new key on the charger.',
  },
  OFFLINE_KEY_UNREGISTERED: {
    status: 503,
    title: 'Nothing can be signed for chargers now',
    remedy: 'Register the gateway’s key with the use `chargers`.',
  },
  OFFLINE_LEAVE_INVALID: { status: 422, title: 'It is no leave of a member for this utility’s chargers' },
  OFFLINE_DIAGNOSIS_INVALID: { status: 422, title: 'It is not what this charger says of itself' },
  OFFLINE_NO_READINGS: {
    status: 409,
    title: 'Nothing is known of that day',
    remedy: 'Ask the chargers for `load` by their rules, or give the readings.',
  },
  OFFLINE_PLAN_UNKNOWN: { status: 404, title: 'There is no plan for this site' },
  OFFLINE_TOKEN_UNKNOWN: { status: 422, title: 'It is no token that is known here' },
  OFFLINE_FIRMWARE_REFUSED: { status: 422, title: 'Chargers would not take it' },
  OFFLINE_FIRMWARE_UNKNOWN: {
    status: 404,
    title: 'There is no such firmware',
    remedy: 'Ask for the latest release of the model.',
  },
  SWIPE_UNKNOWN: { status: 404, title: 'There is no such swipe', remedy: 'Swipe again.' },
  SWIPE_REUSED: { status: 409, title: 'The swipe id belongs to another request', remedy: 'Use a new id.' },
  SESSION_UNKNOWN: { status: 404, title: 'There is no such session at this station' },
  SESSION_ENDED: { status: 409, title: 'The session has ended' },
  CONSENT_INVALID: {
    status: 422,
    title: 'The consent is not valid for the quote',
    remedy: 'Show the quote again.',
  },
  METER_INVALID: {
    status: 422,
    title: 'The signed meter reading cannot be used',
    remedy: 'Check the meter.',
  },
  READINGS_INVALID: { status: 422, title: 'The meter readings contradict one another' },
  ISSUER_NOT_FOUND: { status: 404, title: 'No utility of the registry has this prefix' },
  STATION_NOT_FOUND: { status: 404, title: 'The registry has no such station' },
  RECORD_NOT_FOUND: { status: 404, title: 'There is no such record' },
  COMMAND_UNKNOWN: { status: 404, title: 'No contract has this command', remedy: 'See /openapi.json.' },
  FACT_UNKNOWN: { status: 404, title: 'No such fact is parked' },
  OPENING_REFUSED: {
    status: 422,
    title: 'The home utility would not settle this session',
    remedy: 'Swipe again.',
  },
  LEDGER_DOWN: {
    status: 503,
    title: 'The ledger cannot be told now',
    remedy: 'Send the same command again later.',
  },
  PARTNER_REFUSED: { status: 422, title: 'The other utility does not take this' },
  LEDGER_INVALID: { status: 502, title: 'The ledger held the transaction invalid' },
  TAKE_BACK_REFUSED: {
    status: 409,
    title: 'The record cannot be taken back',
    remedy: 'Settle it with the home utility outside the ledger.',
  },
  HOME_SERVICE_DOWN: {
    status: 503,
    title: 'The utility’s own service does not answer',
    remedy: 'Repeat later.',
  },
  SESSION_NOT_BILLED: { status: 404, title: 'The session is on no bill of yours' },
  CONTEST_REFUSED: { status: 409, title: 'The session was contested before, in other words' },
  VERSION_OLD: {
    status: 409,
    title: 'The calendar was changed meanwhile',
    remedy: 'Read it again, and send the version that holds now.',
  },
  CALENDAR_INVALID: { status: 422, title: 'The tasks contradict one another' },
} as const;

/** Refusals of a start, when the swipe itself had been offered. */
const refusals: Readonly<Record<RefusalCode, { status: number; title: string }>> = {
  CIN_INVALID: { status: 422, title: 'The customer number is not right' },
  ISSUER_UNKNOWN: { status: 422, title: 'Nobody issues such customer numbers' },
  ISSUER_EXPIRED: { status: 422, title: 'The home utility’s registration is out of time' },
  NO_AGREEMENT: { status: 422, title: 'There is no roaming agreement' },
  HOME_UNREACHABLE: { status: 503, title: 'The home utility cannot be reached' },
  HOME_TIMEOUT: { status: 504, title: 'The home utility did not answer in time' },
  HOME_PROTOCOL_ERROR: { status: 502, title: 'The home utility’s answer cannot be used' },
  CUSTOMER_UNKNOWN: { status: 422, title: 'The home utility does not know the customer' },
  TOKEN_UNKNOWN: { status: 422, title: 'Nobody who was asked knows the token' },
  TOKEN_AMBIGUOUS: { status: 422, title: 'Two utilities say that the token is theirs' },
  CUSTOMER_BLOCKED: { status: 422, title: 'The home utility has blocked the customer' },
  SERVICE_NOT_IN_PORTFOLIO: { status: 422, title: 'The service is not in the customer’s contract' },
  LIMIT_EXCEEDED: { status: 422, title: 'The customer’s limit does not cover this' },
  NEGOTIATION_FAILED: { status: 422, title: 'The utilities found no charge' },
  STATION_UNAVAILABLE: { status: 409, title: 'The outlet cannot be used now' },
  OUTLET_RESERVED: { status: 409, title: 'Another driver has booked the outlet' },
  CONSENT_EXPIRED: { status: 422, title: 'The quote’s time ran out before the consent' },
  LEDGER_UNAVAILABLE: { status: 503, title: 'Records cannot be committed in time' },
};

/** Status of a contract's refusal: who sent the command has to change it, or is not allowed to send it. */
const ledgerStatus: Readonly<Record<LedgerErrorCode, number>> = {
  INVALID_ARGUMENT: 422,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  WRONG_STATE: 409,
  EXPIRED: 409,
  BAD_SIGNATURE: 422,
  HASH_MISMATCH: 422,
  OUTSIDE_AGREEMENT: 422,
  OVER_CAP: 422,
  OVER_EXPOSURE: 422,
  REVOKED: 409,
  OVERLAP: 422,
  CDR_MISMATCH: 422,
  SEQUENCE_GAP: 409,
  NOT_BALANCED: 422,
  CLOCK_SKEW: 422,
  TOO_LARGE: 413,
};

const ledgerProblems = Object.fromEntries(
  ledgerErrorCode.options.map((code) => [
    `LEDGER_${code}`,
    { status: ledgerStatus[code], title: 'The contract refused the command' },
  ]),
) as Record<LedgerProblem, { status: number; title: string }>;

/** The gateway's total map of codes. */
export const problems = withKitProblems<GatewayCode>({ ...own, ...refusals, ...ledgerProblems });

export const gatewayError = (
  code: GatewayCode,
  detail: string,
  details?: ServiceErrorDetails,
): ServiceError<GatewayCode> => new ServiceError(code, detail, details);

export const isRefusalCode = (code: string): code is RefusalCode => refusalCode.safeParse(code).success;
