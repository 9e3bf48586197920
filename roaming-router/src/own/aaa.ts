import {
  homeInterim,
  homeInterimAnswer,
  tokenAnswer,
  tokenQuestion,
  visitorAnswer,
  visitorConsent,
  visitorHomes,
  visitorKeep,
  visitorQuestion,
  visitorRevocations,
  type HomeInterim,
} from '@roamgrid/wire';
import { call, type Call, type CallResult } from '@roamgrid/service-kit';
import type { z } from 'zod';

export interface OwnAaaOptions {
  /** Origin of the own AAA node. */
  readonly url: string;
  readonly sign: (audience: string) => Promise<string>;
  readonly timeoutMs: number;
}

/** What the router asks of its own utility's AAA node. */
export const createOwnAaa = ({ url, sign, timeoutMs }: OwnAaaOptions) => {
  const origin = new URL(url).origin;
  const ask = async <S extends z.ZodType>(
    method: Call<S>['method'],
    path: string,
    body: unknown,
    answer?: S,
  ): Promise<CallResult<z.output<S>>> =>
    call({
      method,
      url: `${origin}${path}`,
      headers: { authorization: `Bearer ${await sign(origin)}` },
      timeoutMs,
      ...(body === undefined ? {} : { body }),
      ...(answer === undefined ? {} : { answer }),
    });
  return {
    /** May the visitor charge on the kept profile? */
    authorise: (question: z.output<typeof visitorQuestion>) =>
      ask('POST', '/internal/v1/visitor-authorisations', visitorQuestion.encode(question), visitorAnswer),
    consent: (sessionId: string, consent: z.output<typeof visitorConsent>) =>
      ask('POST', `/internal/v1/visitor-authorisations/${sessionId}/consent`, visitorConsent.encode(consent)),
    keep: (kept: z.output<typeof visitorKeep>) =>
      ask('PUT', '/internal/v1/visitor-profiles', visitorKeep.encode(kept)),
    report: (sessionId: string, report: HomeInterim) =>
      ask(
        'POST',
        `/internal/v1/visitor-sessions/${sessionId}/reports`,
        homeInterim.encode(report),
        homeInterimAnswer,
      ),
    /** Whose a token is, of the own customers. */
    resolve: (question: z.output<typeof tokenQuestion>) =>
      ask('POST', '/internal/v1/tokens/resolve', tokenQuestion.encode(question), tokenAnswer),
    homes: () => ask('GET', '/internal/v1/visitor-homes', undefined, visitorHomes),
    revoke: (revocations: z.output<typeof visitorRevocations>) =>
      ask('POST', '/internal/v1/visitor-revocations', visitorRevocations.encode(revocations)),
  };
};

export type OwnAaa = ReturnType<typeof createOwnAaa>;
