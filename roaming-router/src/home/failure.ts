import { AddressRefused } from '@roamgrid/service-kit/outside';
import * as client from 'openid-client';

/** Why a home utility gave no usable answer. Each is a different fault, and the driver hears a different outcome. */
export type HomeFault =
  | 'unreachable' // nothing answers: refused, reset, no such host, gateway error of a proxy before it
  | 'timeout' // something accepts, no answer in time
  | 'protocol'; // an answer that is none: not JSON, not the schema, a bad signature; or an address that is not asked

export class HomeFailure extends Error {
  readonly fault: HomeFault;

  constructor(fault: HomeFault, detail: string, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.name = 'HomeFailure';
    this.fault = fault;
  }
}

/** An OAuth error that the home utility meant to send, such as `unknown_user_id`. */
export class HomeRefusal extends Error {
  readonly error: string;
  readonly status: number;

  constructor(error: string, description: string | undefined, status: number) {
    super(description ?? error);
    this.name = 'HomeRefusal';
    this.error = error;
    this.status = status;
  }
}

/** What a proxy says when nothing stands behind it. */
const GATEWAY_STATUS = new Set([502, 503, 504]);

const TIMEOUT_CODES = new Set(['OAUTH_TIMEOUT', 'OAUTH_ABORT']);

const isAbort = (thrown: Error): boolean => thrown.name === 'TimeoutError' || thrown.name === 'AbortError';

/** The library wraps what it does not know. */
const addressRefusedIn = (thrown: unknown): AddressRefused | undefined => {
  const cause = thrown instanceof client.ClientError ? thrown.cause : thrown;
  return cause instanceof AddressRefused ? cause : undefined;
};

/** Sorts what `openid-client` and `fetch` throw. */
export const toHomeFailure = (thrown: unknown): HomeFailure | HomeRefusal => {
  if (thrown instanceof HomeFailure || thrown instanceof HomeRefusal) return thrown;
  const refused = addressRefusedIn(thrown);
  if (refused !== undefined) return new HomeFailure('protocol', refused.message, refused);
  if (thrown instanceof client.ResponseBodyError) {
    return new HomeRefusal(thrown.error, thrown.error_description, thrown.status);
  }
  if (thrown instanceof client.WWWAuthenticateChallengeError) {
    return new HomeRefusal('invalid_token', 'the home utility does not take our token', thrown.status);
  }
  if (!(thrown instanceof Error)) return new HomeFailure('protocol', 'the exchange failed', thrown);
  if (isAbort(thrown)) return new HomeFailure('timeout', 'the home utility did not answer in time', thrown);
  if (thrown instanceof client.ClientError) {
    if (thrown.code !== undefined && TIMEOUT_CODES.has(thrown.code)) {
      return new HomeFailure('timeout', 'the home utility did not answer in time', thrown);
    }
    const { cause } = thrown;
    if (cause instanceof Response && GATEWAY_STATUS.has(cause.status)) return gatewayStatus(cause.status);
    if (cause instanceof Error && isAbort(cause)) {
      return new HomeFailure('timeout', 'the home utility did not answer in time', thrown);
    }
    // The connection ended in the middle of the answer.
    if (cause instanceof TypeError)
      return new HomeFailure('unreachable', 'the home utility’s answer was cut off', cause);
    return new HomeFailure('protocol', thrown.message, thrown);
  }
  // `fetch` says every failure of the network with a TypeError.
  if (thrown instanceof TypeError)
    return new HomeFailure('unreachable', 'the home utility is not reachable', thrown);
  return new HomeFailure('protocol', thrown.message, thrown);
};

/** A connection was lost: whether home heard the request nobody knows. */
export const isCutOff = (thrown: unknown): boolean =>
  thrown instanceof HomeFailure && thrown.fault === 'unreachable' && thrown.cause instanceof TypeError;

export const gatewayStatus = (status: number): HomeFailure =>
  new HomeFailure('unreachable', `something before the home utility answers ${status}`);

export const isGatewayStatus = (status: number): boolean => GATEWAY_STATUS.has(status);
