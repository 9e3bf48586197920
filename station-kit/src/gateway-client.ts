import { randomUUID, type KeyObject } from 'node:crypto';
import {
  ASSERTION_MAX_AGE_MS,
  ASSERTION_TYPE,
  CLOCK_OFFSET_HEADER,
  GATEWAY_TIME_HEADER,
  billSummary,
  driverConsentState,
  interimAnswer,
  interimReport,
  offeredTariff,
  problem,
  signJws,
  startAnswer,
  startRequest,
  stationReservations,
  stopRequest,
  swipeAnswer,
  swipeRequest,
  type BillSummary,
  type DriverConsentState,
  type InterimAnswer,
  type InterimReport,
  type JsonValue,
  type OfferedTariff,
  type StartAnswer,
  type StartRequest,
  type StationReservation,
  type StopRequest,
  type SwipeAnswer,
  type SwipeRequest,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { StationClock } from './clock/station-clock.ts';

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

/** The gateway did not answer, cannot now, or did not take the proof. Every request is idempotent: try again. */
export class GatewayUnreachable extends Error {
  override readonly name = 'GatewayUnreachable';
}

type Request = Pick<RequestInit, 'method' | 'body'>;

export interface GatewayClientOptions {
  readonly timeoutMs?: number;
  /** Corrected by every answer; its offset is stated with every request. */
  readonly clock?: StationClock;
  /** The wall clock, by which assertions are dated. */
  readonly wallMs?: () => number;
  /** The gateway's own origin, for which proofs are good, where the station reaches it under another one. */
  readonly audience?: string;
}

const UNAUTHENTICATED = 401;
const TOO_MANY = 429;

/** Station side of `/station/v1`. Spec: wire/station/api. */
export class GatewayClient {
  readonly #baseUrl: string;
  readonly #audience: string;
  readonly #identity: StationIdentity;
  readonly #timeoutMs: number;
  readonly #clock: StationClock | undefined;
  readonly #wallMs: () => number;
  /** What is added to the wall clock. */
  #wallOffsetMs = 0;

  constructor(baseUrl: string, identity: StationIdentity, options: GatewayClientOptions = {}) {
    this.#baseUrl = baseUrl.replace(/\/$/, '');
    this.#audience = options.audience ?? new URL(baseUrl).origin;
    this.#identity = identity;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#clock = options.clock;
    this.#wallMs = options.wallMs ?? Date.now;
  }

  swipe(request: SwipeRequest): Promise<SwipeAnswer> {
    return this.#post('swipes', z.encode(swipeRequest, request), swipeAnswer);
  }

  driverConsent(swipeId: string): Promise<DriverConsentState> {
    return this.#ask(`swipes/${swipeId}/driver-consent`, { method: 'GET' }, driverConsentState);
  }

  /** The tariff that an offer of a swipe is priced by. */
  tariff(swipeId: string): Promise<OfferedTariff> {
    return this.#ask(`swipes/${swipeId}/tariff`, { method: 'GET' }, offeredTariff);
  }

  /** Outlets of the station that wait for who booked them, now or later. */
  async reservations(): Promise<readonly StationReservation[]> {
    return (await this.#ask('reservations', { method: 'GET' }, stationReservations)).reservations;
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
    let response = await this.#send(path, request);
    // The proof was not taken, as when a clock is off. The answer says what time it is: prove anew, and repeat.
    if (response.status === UNAUTHENTICATED) response = await this.#send(path, request);
    const json: unknown = await response.json().catch(() => undefined);
    if (response.ok) return answer.parse(json);
    const told = problem.safeParse(json);
    const { status } = response;
    if (status >= 500 || status === TOO_MANY || status === UNAUTHENTICATED) {
      throw new GatewayUnreachable(told.success ? told.data.detail : `gateway answered ${status}`);
    }
    throw told.success
      ? new GatewayRefusal(status, told.data.code, told.data.detail)
      : new GatewayRefusal(status, 'UNEXPECTED', `gateway answered ${status}`);
  }

  async #send(path: string, request: Request): Promise<Response> {
    const authorization = `Bearer ${await this.#assertion()}`;
    const offset = this.#clock && { [CLOCK_OFFSET_HEADER]: this.#clock.offsetMs.toString() };
    const askedMs = this.#clock?.ownMs() ?? 0;
    try {
      const response = await fetch(`${this.#baseUrl}/station/v1/${path}`, {
        ...request,
        headers: { 'content-type': 'application/json', authorization, ...offset },
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      this.#learnTime(response, askedMs);
      return response;
    } catch (cause) {
      throw new GatewayUnreachable('gateway not reached', { cause });
    }
  }

  #learnTime({ status, headers }: Response, askedMs: number): void {
    const stated = Number(headers.get(GATEWAY_TIME_HEADER) ?? Number.NaN);
    if (Number.isSafeInteger(stated)) this.#clock?.observe(stated, askedMs, this.#clock.ownMs());
    const wallMs = Date.parse(headers.get('date') ?? '');
    if (status === UNAUTHENTICATED && Number.isFinite(wallMs)) this.#wallOffsetMs = wallMs - this.#wallMs();
  }

  /** A fresh proof of who asks. Wall time, not the sessions’: it guards the door, it dates nothing. */
  #assertion(): Promise<string> {
    const issuedAt = Math.floor((this.#wallMs() + this.#wallOffsetMs) / 1000);
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
