import {
  bookingAnswer,
  bookingQuestion,
  type BookingQuestion,
  CIBA_GRANT,
  evChargingDetail,
  homeConsent,
  homeDecision,
  homeFinal,
  homeInterim,
  homeInterimAnswer,
  leaveNotice,
  offlineAnswer,
  offlineQuestion,
  problem,
  revocationPage,
  tokenAnswer,
  tokenQuestion,
  type Cdr,
  type ChargeOffer,
  type DriverToken,
  type HomeConsent,
  type HomeDecision,
  type HomeInterim,
  type OfflineQuestion,
  type TakeBackRequest,
  type UtilityRecord,
} from '@roamgrid/wire';
import * as client from 'openid-client';
import type { z } from 'zod';
import type { Breaker } from './breaker.ts';
import { gatewayStatus, HomeFailure, HomeRefusal, isGatewayStatus } from './failure.ts';
import type { OAuth, Session } from './oauth.ts';

/** Where a home utility is, by the registry. */
export type Home = Pick<UtilityRecord, 'utilityId' | 'oidcIssuer' | 'aaaUrl'>;

/** Spec: CIBA Core 1.0 §11: what a token endpoint says while the answer is still to come. */
const COMES_LATER: ReadonlySet<string> = new Set(['authorization_pending', 'slow_down']);

/** An answer larger than this is nonsense. */
const MAX_ANSWER_BYTES = 256 * 1024;

const readText = async (response: Response): Promise<string> => {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new HomeFailure('protocol', 'the home utility’s answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** The answer by its schema; a problem of the home becomes a {@link HomeRefusal} with its code. */
const readAnswer = async <S extends z.ZodType>(
  response: Response,
  schema: S | null,
): Promise<z.output<S>> => {
  if (isGatewayStatus(response.status)) throw gatewayStatus(response.status);
  const text = await readText(response);
  if (response.ok) {
    if (schema === null) return undefined as z.output<S>;
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw new HomeFailure('protocol', 'the home utility’s answer does not match its schema');
  }
  const told = problem.safeParse(parseJson(text));
  if (!told.success) throw new HomeFailure('protocol', `status ${response.status} without a problem`);
  throw new HomeRefusal(told.data.code, told.data.detail, response.status);
};

/** What the router asks of home utilities. Every call has one bound on its time, and goes through the breaker. */
export const createHomeClient = (oauth: OAuth, breaker: Breaker) => {
  const ask = async <S extends z.ZodType>(
    open: Session,
    token: string,
    home: Home,
    request: {
      readonly method: string;
      readonly path: string;
      readonly body?: unknown;
      readonly answer: S | null;
    },
  ): Promise<z.output<S>> => {
    const { method, path, body, answer } = request;
    const send = () =>
      client.fetchProtectedResource(
        open.config,
        token,
        new URL(path, home.aaaUrl),
        method,
        body === undefined ? null : JSON.stringify(body),
        new Headers({
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        }),
        { DPoP: open.dpop },
      );
    return readAnswer(await send(), answer);
  };

  /** With the one roaming token; a token that the home forgot (it was restarted with new keys) is renewed once. */
  const askAsPartner = async <S extends z.ZodType>(
    home: Home,
    signal: AbortSignal,
    request: Parameters<typeof ask<S>>[3],
  ): Promise<z.output<S>> => {
    const once = () =>
      oauth.exchange(home.oidcIssuer, signal, async (open) =>
        ask(open, await oauth.roamingToken(home.oidcIssuer, open), home, request),
      );
    try {
      return await once();
    } catch (thrown) {
      if (!(thrown instanceof HomeRefusal && thrown.status === 401)) throw thrown;
      oauth.forget(home.oidcIssuer);
      return once();
    }
  };

  const askWithToken = <S extends z.ZodType>(
    home: Home,
    signal: AbortSignal,
    token: string,
    request: Parameters<typeof ask<S>>[3],
  ): Promise<z.output<S>> =>
    breaker.run(home.utilityId, () =>
      oauth.exchange(home.oidcIssuer, signal, (open) => ask(open, token, home, request)),
    );

  return {
    /** Swipe: a backchannel request with the CIN as login hint, then the decision on it. */
    decide: (home: Home, cin: string, offer: ChargeOffer, signal: AbortSignal) =>
      breaker.run(home.utilityId, async (): Promise<{ authReqId: string; decision: HomeDecision }> => {
        const detail = evChargingDetail.encode({ type: 'ev_charging', actions: ['charge'], offer });
        const { auth_req_id: authReqId } = await oauth.exchange(home.oidcIssuer, signal, ({ config }) =>
          client.initiateBackchannelAuthentication(config, {
            scope: 'openid charging',
            login_hint: cin,
            binding_message: offer.evseId,
            authorization_details: JSON.stringify([detail]),
          }),
        );
        const path = `/roaming/v1/authorisations/${encodeURIComponent(authReqId)}`;
        const decision = await askAsPartner(home, signal, { method: 'GET', path, answer: homeDecision });
        return { authReqId, decision };
      }),

    /** The consented opening of a session that home authorised. */
    consent: (home: Home, authReqId: string, consent: HomeConsent, signal: AbortSignal) =>
      breaker.run(home.utilityId, () =>
        askAsPartner(home, signal, {
          method: 'POST',
          path: `/roaming/v1/authorisations/${encodeURIComponent(authReqId)}/consent`,
          body: homeConsent.encode(consent),
          answer: null,
        }),
      ),

    /** The consented opening of a session on a kept profile. */
    open: (home: Home, consent: HomeConsent, signal: AbortSignal) =>
      breaker.run(home.utilityId, () =>
        askAsPartner(home, signal, {
          method: 'POST',
          path: '/roaming/v1/openings',
          body: homeConsent.encode(consent),
          answer: null,
        }),
      ),

    /**
     * The token that the consent released, there at once and as often as it is asked for. Null when home gives it no
     * (more); the consent stands all the same. Pending is no answer yet: it is asked for again.
     */
    token: (home: Home, authReqId: string, signal: AbortSignal) =>
      breaker.run(home.utilityId, async (): Promise<string | null> => {
        try {
          const tokens = await oauth.exchange(home.oidcIssuer, signal, ({ config, dpop }) =>
            client.genericGrantRequest(config, CIBA_GRANT, { auth_req_id: authReqId }, { DPoP: dpop }),
          );
          return tokens.access_token;
        } catch (thrown) {
          if (thrown instanceof HomeRefusal && thrown.error === 'invalid_grant') return null;
          if (thrown instanceof HomeRefusal && COMES_LATER.has(thrown.error))
            throw new HomeFailure('protocol', `the home utility has no token yet: ${thrown.error}`, thrown);
          throw thrown;
        }
      }),

    report: (home: Home, token: string, sessionId: string, report: HomeInterim, signal: AbortSignal) =>
      askWithToken(home, signal, token, {
        method: 'POST',
        path: `/roaming/v1/sessions/${sessionId}/reports`,
        body: homeInterim.encode(report),
        answer: homeInterimAnswer,
      }),

    final: (home: Home, token: string, sessionId: string, cdr: Cdr, signal: AbortSignal) =>
      askWithToken(home, signal, token, {
        method: 'POST',
        path: `/roaming/v1/sessions/${sessionId}/cdr`,
        body: homeFinal.encode({ cdr }),
        answer: null,
      }),

    /** A record of ours that we take back, which home is to dispute. */
    takeBack: (home: Home, sessionId: string, request: TakeBackRequest, signal: AbortSignal) =>
      breaker.run(home.utilityId, () =>
        askAsPartner(home, signal, {
          method: 'POST',
          path: `/roaming/v1/sessions/${sessionId}/take-back`,
          body: request,
          answer: null,
        }),
      ),

    /** A wish of an own customer's, at the utility of the station. */
    reserve: (partner: Home, question: BookingQuestion, signal: AbortSignal) =>
      breaker.run(partner.utilityId, () =>
        askAsPartner(partner, signal, {
          method: 'POST',
          path: '/roaming/v1/reservations',
          body: bookingQuestion.encode(question),
          answer: bookingAnswer,
        }),
      ),

    /** An own customer's ask for a price ahead of time, at the utility of the chargers. */
    offlineQuote: (partner: Home, question: OfflineQuestion, signal: AbortSignal) =>
      breaker.run(partner.utilityId, () =>
        askAsPartner(partner, signal, {
          method: 'POST',
          path: '/roaming/v1/offline/quotes',
          body: offlineQuestion.encode(question),
          answer: offlineAnswer,
        }),
      ),

    /** What this utility signed beside a token, at the utility of the chargers. */
    offlineLeave: (partner: Home, notice: z.output<typeof leaveNotice>, signal: AbortSignal) =>
      breaker.run(partner.utilityId, () =>
        askAsPartner(partner, signal, {
          method: 'POST',
          path: '/roaming/v1/offline/leaves',
          body: leaveNotice.encode(notice),
          answer: null,
        }),
      ),

    /** Whose a token is, of that home's customers. */
    resolve: (home: Home, token: DriverToken, signal: AbortSignal) =>
      breaker.run(home.utilityId, () =>
        askAsPartner(home, signal, {
          method: 'POST',
          path: '/roaming/v1/tokens/resolve',
          body: tokenQuestion.encode({ token }),
          answer: tokenAnswer,
        }),
      ),

    revocations: (home: Home, after: string, signal: AbortSignal) =>
      breaker.run(home.utilityId, () =>
        askAsPartner(home, signal, {
          method: 'GET',
          path: `/roaming/v1/revocations?${new URLSearchParams({ after }).toString()}`,
          answer: revocationPage,
        }),
      ),
  };
};

export type HomeClient = ReturnType<typeof createHomeClient>;
