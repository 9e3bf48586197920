import type { ServiceError } from '@roamgrid/service-kit';
import { gatewayError, isRefusalCode, type GatewayCode } from '../problems.ts';

/** Code under which a station hears home's no; what it cannot know is a protocol error. */
export const startCode = (code: string): GatewayCode =>
  isRefusalCode(code) || code === 'OPENING_REFUSED' ? code : 'HOME_PROTOCOL_ERROR';

export const startProblem = (code: string, detail: string, remedy?: string): ServiceError<GatewayCode> =>
  gatewayError(startCode(code), detail, remedy === undefined ? {} : { remedy });
