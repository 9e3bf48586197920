import { call, type CallFailure, type CallResult } from '@roamgrid/service-kit';
import {
  bookingAnswer,
  bookingQuestion,
  leaveNotice,
  offlineAnswer,
  offlineQuestion,
  partnerRange,
  routeAnswer,
  routeConsent,
  routeFinal,
  routeReport,
  routeReportAnswer,
  routeRequest,
  routeTokenAnswer,
  routeTokenRequest,
  type BookingAnswer,
  type BookingQuestion,
  type OfflineAnswer,
  type OfflineQuestion,
  type PartnerRange,
  type RouteAnswer,
  type RouteConsent,
  type RouteRequest,
  type RouteTokenAnswer,
  type RouteTokenRequest,
  type TakeBackRequest,
} from '@roamgrid/wire';
import type { z } from 'zod';

type Sign = (audience: string) => Promise<string>;

export interface RouterClientOptions {
  readonly routerUrl: string;
  readonly aaaUrl: string | undefined;
  readonly sign: Sign;
  readonly routerTimeoutMs: number;
  readonly relayTimeoutMs: number;
  /** How long home may take to say whether an opening is good. */
  readonly openingTimeoutMs: number;
}

/** What became of a relay: taken, refused for good, or to be tried again. */
export type Relayed<T> =
  | { readonly kind: 'taken'; readonly value: T }
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly detail: string;
      readonly remedy: string | undefined;
    }
  | { readonly kind: 'later'; readonly failure: CallFailure };

const relayed = <T>(result: CallResult<T>): Relayed<T> => {
  if (result.ok) return { kind: 'taken', value: result.value };
  const { failure } = result;
  if (failure.kind === 'problem' && failure.problem.status < 500 && failure.problem.status !== 429) {
    const { code, detail, remedy } = failure.problem;
    return { kind: 'refused', code, detail, remedy };
  }
  return { kind: 'later', failure };
};

const RANGE_FRESH_MS = 30_000;
const RESERVE_TIMEOUT_MS = 35_000;
type Nothing = z.ZodUndefined;

/** What the gateway asks of its own utility's router and AAA node, each request with a fresh assertion. */
export const createRouterClient = (options: RouterClientOptions) => {
  const origin = new URL(options.routerUrl).origin;
  const ask = async <S extends z.ZodType>(
    url: string,
    audience: string,
    method: 'GET' | 'POST',
    answer: S | undefined,
    timeoutMs: number,
    body?: unknown,
  ): Promise<CallResult<z.output<S>>> =>
    call({
      method,
      url,
      headers: { authorization: `Bearer ${await options.sign(audience)}` },
      timeoutMs,
      ...(answer === undefined ? {} : { answer }),
      ...(body === undefined ? {} : { body }),
    });
  const post = <S extends z.ZodType>(path: string, answer: S | undefined, timeoutMs: number, body: unknown) =>
    ask(`${origin}/router/v1/${path}`, origin, 'POST', answer, timeoutMs, body);

  const ranges = new Map<string, { range: PartnerRange; readAtMs: number }>();

  return {
    authorise: (request: RouteRequest): Promise<CallResult<RouteAnswer>> =>
      post('authorisations', routeAnswer, options.routerTimeoutMs, routeRequest.encode(request)),

    /** Whose a token is. */
    resolve: (request: RouteTokenRequest): Promise<CallResult<RouteTokenAnswer>> =>
      post('tokens/resolve', routeTokenAnswer, options.routerTimeoutMs, routeTokenRequest.encode(request)),

    /** Brings an opening to the home utility, which judges it. */
    consent: async (sessionId: string, body: RouteConsent): Promise<Relayed<undefined>> =>
      relayed(
        await post<Nothing>(
          `authorisations/${sessionId}/consent`,
          undefined,
          options.openingTimeoutMs,
          routeConsent.encode(body),
        ),
      ),

    report: async (
      sessionId: string,
      body: z.output<typeof routeReport>,
    ): Promise<Relayed<z.output<typeof routeReportAnswer>>> =>
      relayed(
        await post(
          `sessions/${sessionId}/reports`,
          routeReportAnswer,
          options.relayTimeoutMs,
          routeReport.encode(body),
        ),
      ),

    final: async (sessionId: string, body: z.output<typeof routeFinal>): Promise<Relayed<undefined>> =>
      relayed(
        await post<Nothing>(
          `sessions/${sessionId}/cdr`,
          undefined,
          options.relayTimeoutMs,
          routeFinal.encode(body),
        ),
      ),

    /** A record that this utility takes back. */
    takeBack: async (sessionId: string, body: TakeBackRequest): Promise<Relayed<undefined>> =>
      relayed(
        await post<Nothing>(`sessions/${sessionId}/take-back`, undefined, options.relayTimeoutMs, body),
      ),

    /** A wish of an own customer's, brought to the utility of the station; it is on the ledger when the answer comes. */
    reserve: async (question: BookingQuestion): Promise<Relayed<BookingAnswer>> =>
      relayed(
        await post('reservations', bookingAnswer, RESERVE_TIMEOUT_MS, bookingQuestion.encode(question)),
      ),

    /** An ask of an own customer's for a price ahead of time, brought to the utility of the chargers. */
    offlineQuote: async (question: OfflineQuestion): Promise<Relayed<OfflineAnswer>> =>
      relayed(
        await post('offline/quotes', offlineAnswer, RESERVE_TIMEOUT_MS, offlineQuestion.encode(question)),
      ),

    /** What home signed beside a token, brought to the utility of the chargers. */
    offlineLeave: async (notice: z.output<typeof leaveNotice>): Promise<Relayed<undefined>> =>
      relayed(
        await post<Nothing>('offline/leaves', undefined, RESERVE_TIMEOUT_MS, leaveNotice.encode(notice)),
      ),

    /** Adjustments that the own charging rules accept of a partner now; undefined when the AAA node does not say. */
    partnerRange: async (hun: string, nowMs: number): Promise<PartnerRange | undefined> => {
      const known = ranges.get(hun);
      if (known !== undefined && nowMs - known.readAtMs < RANGE_FRESH_MS) return known.range;
      if (options.aaaUrl === undefined) return undefined;
      const audience = new URL(options.aaaUrl).origin;
      const result = await ask(
        `${audience}/internal/v1/crp/partner-range?hun=${hun}`,
        audience,
        'GET',
        partnerRange,
        options.relayTimeoutMs,
      );
      if (!result.ok) return known?.range;
      ranges.set(hun, { range: result.value, readAtMs: nowMs });
      return result.value;
    },
  };
};

export type RouterClient = ReturnType<typeof createRouterClient>;
