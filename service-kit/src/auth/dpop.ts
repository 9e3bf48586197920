import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { kitError } from '../problem/service-error.ts';

/** How old a proof may be, and how far clocks may differ, s. */
const DPOP_WINDOW_S = 60;

export interface DpopQuestion {
  /** The `DPoP` header. */
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

const sameAddress = (given: unknown, asked: string): boolean => {
  if (typeof given !== 'string' || !URL.canParse(given)) return false;
  const url = new URL(given);
  return `${url.origin}${url.pathname}` === asked;
};

/**
 * Checks that whoever sent a token also holds the key that it is bound to.
 * Spec: RFC 9449 §4.3, §7.1.
 * @returns the proof's id, which the caller lets through once.
 */
export const checkDpop = async (question: DpopQuestion): Promise<string> => {
  const { proof, method, url, accessToken, jkt, nowMs } = question;
  if (proof === undefined) throw refuse('the token is bound to a key: a DPoP proof is missing');
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
    algorithms: ['ES256'],
    typ: 'dpop+jwt',
  }).catch((cause: unknown) => {
    throw refuse('the DPoP proof does not verify', cause);
  });
  const { iat, jti, htm, htu, ath } = payload;
  if (typeof iat !== 'number' || Math.abs(nowMs / 1_000 - iat) > DPOP_WINDOW_S) {
    throw refuse('the DPoP proof is not of this minute');
  }
  if (typeof jti !== 'string' || jti.length < 8 || jti.length > 128) throw refuse('the DPoP proof has no id');
  if (htm !== method || !sameAddress(htu, url)) throw refuse('the DPoP proof is for another request');
  if (ath !== createHash('sha256').update(accessToken).digest('base64url')) {
    throw refuse('the DPoP proof is for another token');
  }
  const { jwk } = protectedHeader;
  if (jwk === undefined || (await calculateJwkThumbprint(jwk)) !== jkt) {
    throw refuse('the token is bound to another key');
  }
  return jti;
};
