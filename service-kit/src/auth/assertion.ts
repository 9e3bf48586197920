import { randomUUID } from 'node:crypto';
import {
  ASSERTION_MAX_AGE_MS,
  ASSERTION_TYPE,
  assertionClaims,
  type AssertionClaims,
  type PublicJwk,
} from '@roamgrid/wire';
import { errors, importJWK, jwtVerify, SignJWT, decodeJwt, type CryptoKey, type JWK } from 'jose';
import { kitError } from '../problem/service-error.ts';
import { createReplayCache, type ReplayGuard } from './replay-cache.ts';

/** How far two machines' clocks may differ, s. */
const CLOCK_TOLERANCE_S = 5;

export interface AssertionSigner {
  /** Private JWK with its `kid`, ES256. */
  readonly key: JWK;
  readonly iss: string;
  readonly utility: string;
  readonly role: AssertionClaims['role'];
  readonly nowMs?: () => number;
}

/** Makes assertions of one machine: a fresh one for each request, good for a minute at one service. */
export const createAssertionSigner = ({
  key,
  iss,
  utility,
  role,
  nowMs = Date.now,
}: AssertionSigner): ((audience: string) => Promise<string>) => {
  const imported = importJWK(key, 'ES256');
  return async (audience) => {
    const iat = Math.floor(nowMs() / 1000);
    return new SignJWT({ utility, role })
      .setProtectedHeader({
        alg: 'ES256',
        typ: ASSERTION_TYPE,
        ...(key.kid === undefined ? {} : { kid: key.kid }),
      })
      .setIssuer(iss)
      .setAudience(audience)
      .setIssuedAt(iat)
      .setExpirationTime(iat + ASSERTION_MAX_AGE_MS / 1000)
      .setJti(randomUUID())
      .sign(await imported);
  };
};

export interface AssertionVerifier {
  /** Origins under which this service is asked. */
  readonly audiences: () => readonly string[];
  readonly roles: readonly AssertionClaims['role'][];
  /** The key that may speak for this issuer in this role, or undefined. Spec: claims are not yet verified when asked. */
  readonly resolveKey: (
    claims: Pick<AssertionClaims, 'iss' | 'utility' | 'role'>,
    kid: string | undefined,
  ) => PublicJwk | undefined | Promise<PublicJwk | undefined>;
  readonly replay?: ReplayGuard;
  readonly nowMs?: () => number;
}

const refuse = (detail: string, cause?: unknown) =>
  kitError('UNAUTHENTICATED', detail, {
    remedy: 'Send a fresh assertion, signed with the registered key, for this service.',
    cause,
  });

const why = (thrown: unknown): string => {
  if (thrown instanceof errors.JWTExpired) return 'the assertion is too old';
  if (thrown instanceof errors.JWSSignatureVerificationFailed)
    return 'the assertion’s signature does not verify';
  if (thrown instanceof errors.JWTClaimValidationFailed)
    return `the assertion’s ${thrown.claim} is not right`;
  return 'the assertion is malformed';
};

/** Verifies assertions. Spec: `AssertionClaims` of the wire; RFC 7523 §3 for the checks. */
export const createAssertionVerifier = ({
  audiences,
  roles,
  resolveKey,
  replay = createReplayCache(),
  nowMs = Date.now,
}: AssertionVerifier): ((token: string) => Promise<AssertionClaims>) => {
  const keys = new WeakMap<PublicJwk, CryptoKey>();
  const imported = async (jwk: PublicJwk): Promise<CryptoKey> => {
    const known = keys.get(jwk);
    if (known !== undefined) return known;
    const key = await importJWK(jwk, 'ES256');
    if (key instanceof Uint8Array) throw new Error('an EC key is never a byte string');
    keys.set(jwk, key);
    return key;
  };
  const readClaims = (token: string): AssertionClaims => {
    try {
      return assertionClaims.parse(decodeJwt(token));
    } catch (cause) {
      throw refuse('the assertion is malformed', cause);
    }
  };
  return async (token) => {
    const unverified = readClaims(token);
    let kid: string | undefined;
    const jwk = await (async () => {
      kid = decodeKid(token);
      return resolveKey(unverified, kid);
    })();
    if (jwk === undefined) throw refuse(`no key is registered for ${unverified.role} ${unverified.iss}`);
    try {
      await jwtVerify(token, await imported(jwk), {
        algorithms: ['ES256'],
        typ: ASSERTION_TYPE,
        audience: [...audiences()],
        maxTokenAge: ASSERTION_MAX_AGE_MS / 1000,
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(nowMs()),
      });
    } catch (cause) {
      throw refuse(why(cause), cause);
    }
    if (unverified.exp - unverified.iat > ASSERTION_MAX_AGE_MS / 1000) {
      throw refuse('the assertion lives longer than a minute');
    }
    if (!roles.includes(unverified.role)) {
      throw kitError('FORBIDDEN', `role ${unverified.role} may not ask this`, {
        remedy: `This needs one of: ${roles.join(', ')}.`,
      });
    }
    const untilMs = unverified.exp * 1000 + CLOCK_TOLERANCE_S * 1000;
    if (!(await replay.first(`${unverified.iss} ${unverified.jti}`, untilMs, nowMs()))) {
      throw refuse('the assertion was used before');
    }
    return unverified;
  };
};

const decodeKid = (token: string): string | undefined => {
  try {
    const header: unknown = JSON.parse(
      Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString('utf8'),
    );
    return typeof header === 'object' && header !== null && 'kid' in header && typeof header.kid === 'string'
      ? header.kid
      : undefined;
  } catch {
    return undefined;
  }
};
