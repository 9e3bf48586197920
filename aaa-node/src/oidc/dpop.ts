import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { kitError } from '@roamgrid/service-kit';

/** How old a proof may be, and how far clocks may differ. */
export const DPOP_WINDOW_S = 60;

export interface DpopQuestion {
  readonly proof: string | undefined;
  readonly method: string;
  /** Address asked, without query. */
  readonly url: string;
  readonly accessToken: string;
  /** Thumbprint that the access token is bound to (`cnf.jkt`). */
  readonly jkt: string;
  readonly nowMs: number;
}

const refuse = (detail: string, cause?: unknown) =>
  kitError('UNAUTHENTICATED', detail, { remedy: 'Send a fresh DPoP proof with each request.', cause });

const sameUrl = (given: unknown, asked: string): boolean => {
  if (typeof given !== 'string' || !URL.canParse(given)) return false;
  const url = new URL(given);
  url.hash = '';
  url.search = '';
  return url.href === new URL(asked).href;
};

/**
 * Checks a proof of possession of the token's key and gives its id, which the caller lets through once.
 * Spec: RFC 9449 §4.3, §7.1.
 */
export const checkDpop = async (question: DpopQuestion): Promise<string> => {
  if (question.proof === undefined) throw refuse('the token is bound to a key: a DPoP proof is missing');
  const { payload, protectedHeader } = await jwtVerify(question.proof, EmbeddedJWK, {
    algorithms: ['ES256'],
    typ: 'dpop+jwt',
  }).catch((cause: unknown) => {
    throw refuse('the DPoP proof does not verify', cause);
  });
  const { iat, jti, htm, htu, ath } = payload;
  if (typeof iat !== 'number' || Math.abs(question.nowMs / 1_000 - iat) > DPOP_WINDOW_S) {
    throw refuse('the DPoP proof is not of this minute');
  }
  if (typeof jti !== 'string' || jti.length < 8 || jti.length > 128) throw refuse('the DPoP proof has no id');
  if (htm !== question.method || !sameUrl(htu, question.url))
    throw refuse('the DPoP proof is for another request');
  const tokenHash = createHash('sha256').update(question.accessToken).digest('base64url');
  if (ath !== tokenHash) throw refuse('the DPoP proof is for another token');
  if (
    protectedHeader.jwk === undefined ||
    (await calculateJwkThumbprint(protectedHeader.jwk)) !== question.jkt
  ) {
    throw refuse('the token is bound to another key');
  }
  return jti;
};
