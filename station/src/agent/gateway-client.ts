import { randomUUID, type KeyObject } from 'node:crypto';
import {
  ASSERTION_MAX_AGE_MS,
  ASSERTION_TYPE,
  billSummary,
  driverConsentState,
  interimAnswer,
  interimReport,
  problem,
  signJws,
  startAnswer,
  startRequest,
  stopRequest,
  swipeAnswer,
  swipeRequest,
  type BillSummary,
  type DriverConsentState,
  type InterimAnswer,
  type InterimReport,
  type JsonValue,
  type StartAnswer,
  type StartRequest,
  type StopRequest,
  type SwipeAnswer,
  type SwipeRequest,
} from '@roamgrid/wire';
import { z } from 'zod';

/** How the station knows itself and its utility's gateway. */
export interface StationIdentity {
  readonly stationId: string;
  readonly utilityId: string;
  readonly keyId: string;
  /** Private ECDSA P-256 key; its public half is registered on the ledger. */
  readonly key: KeyObject;
}

/** The gateway refused; trying the same again will not help. */
export class GatewayRefusal extends Error {
  override readonly name = 'GatewayRefusal';
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The gateway did not answer, or said that it cannot now. Every request is idempotent: try again. */
export class GatewayUnreachable extends Error {
  override readonly name = 'GatewayUnreachable';
}

type Request = Pick<RequestInit, 'method' | 'body'>;

/** Station side of `/station/v1`. Spec: wire/station/api. */
export class GatewayClient {
  readonly #baseUrl: string;
  readonly #audience: string;
  readonly #identity: StationIdentity;
  readonly #timeoutMs: number;

  constructor(baseUrl: string, identity: StationIdentity, timeoutMs = 10_000) {
    this.#baseUrl = baseUrl.replace(/\/$/, '');
    this.#audience = new URL(baseUrl).origin;
    this.#identity = identity;
    this.#timeoutMs = timeoutMs;
  }

  swipe(request: SwipeRequest): Promise<SwipeAnswer> {
    return this.#post('swipes', z.encode(swipeRequest, request), swipeAnswer);
  }

  driverConsent(swipeId: string): Promise<DriverConsentState> {
    return this.#ask(`swipes/${swipeId}/driver-consent`, { method: 'GET' }, driverConsentState);
  }

  start(request: StartRequest): Promise<StartAnswer> {
    return this.#post('sessions', z.encode(startRequest, request), startAnswer);
  }

  report(sessionId: string, report: InterimReport): Promise<InterimAnswer> {
    return this.#post(`sessions/${sessionId}/reports`, z.encode(interimReport, report), interimAnswer);
  }

  stop(sessionId: string, request: StopRequest): Promise<BillSummary> {
    return this.#post(`sessions/${sessionId}/stop`, z.encode(stopRequest, request), billSummary);
  }

  #post<S extends z.ZodType>(path: string, body: unknown, answer: S): Promise<z.output<S>> {
    return this.#ask(path, { method: 'POST', body: JSON.stringify(body) }, answer);
  }

  async #ask<S extends z.ZodType>(path: string, request: Request, answer: S): Promise<z.output<S>> {
    const response = await this.#send(path, request);
    const json: unknown = await response.json().catch(() => undefined);
    if (response.ok) return answer.parse(json);
    const told = problem.safeParse(json);
    if (response.status >= 500 || response.status === 429) {
      throw new GatewayUnreachable(told.success ? told.data.detail : `gateway answered ${response.status}`);
    }
    throw told.success
      ? new GatewayRefusal(response.status, told.data.code, told.data.detail)
      : new GatewayRefusal(response.status, 'UNEXPECTED', `gateway answered ${response.status}`);
  }

  async #send(path: string, request: Request): Promise<Response> {
    const authorization = `Bearer ${await this.#assertion()}`;
    try {
      return await fetch(`${this.#baseUrl}/station/v1/${path}`, {
        ...request,
        headers: { 'content-type': 'application/json', authorization },
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
    } catch (cause) {
      throw new GatewayUnreachable('gateway not reached', { cause });
    }
  }

  /** A fresh proof of who asks. Wall time, not the station's: it guards the door, it dates nothing. */
  #assertion(): Promise<string> {
    const issuedAt = Math.floor(Date.now() / 1000);
    const claims: JsonValue = {
      iss: this.#identity.stationId,
      utility: this.#identity.utilityId,
      role: 'station',
      aud: this.#audience,
      iat: issuedAt,
      exp: issuedAt + ASSERTION_MAX_AGE_MS / 2_000,
      jti: randomUUID(),
    };
    return signJws(claims, this.#identity.key, this.#identity.keyId, ASSERTION_TYPE);
  }
}
