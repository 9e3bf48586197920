import { z } from 'zod';

/**
 * How a machine of one's own utility (station, router, AAA node, operator's tool) proves itself at each request:
 * `Authorization: Bearer <JWS>`, signed with its registered key, valid for at most {@link ASSERTION_MAX_AGE_MS}.
 * No shared secret, nothing to steal from a log that lives longer than a minute.
 * JWS header `typ: "roamgrid-assertion+jwt"`. Between utilities, OAuth client credentials with `private_key_jwt` serve instead.
 */
export const assertionClaims = z.strictObject({
  /** Who asks: station id, `router`, `aaa`, `gateway`, or an operator's user id. */
  iss: z.string().min(1).max(64),
  /** Utility of the caller. */
  utility: z.string().regex(/^[A-Z]{2}[A-Z0-9]{3}$/),
  /** What the caller is; the receiver holds the keys that may say so. */
  role: z.enum([
    'station',
    'router',
    'aaa',
    'gateway',
    'operator',
    'grid-operator',
    'registrar',
    'auditor',
    'authority',
    'phone',
    'vehicle',
  ]),
  /** Origin of the service that is asked, such as `http://localhost:4010`. */
  aud: z.string().max(256),
  iat: z.int(),
  exp: z.int(),
  jti: z.string().min(8).max(64),
});
export type AssertionClaims = z.infer<typeof assertionClaims>;

export const ASSERTION_TYPE = 'roamgrid-assertion+jwt';
export const ASSERTION_MAX_AGE_MS = 60_000;
