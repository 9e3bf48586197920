/**
 * Keeps customers' numbers, tokens and keys out of logs. Two nets: keys by their name, at any depth, and texts by their
 * form, so that a number inside a message or an error is caught too.
 */

/** Lower case, without `-` and `_`. */
const SECRET_KEYS = new Set([
  'cin',
  'cinalias',
  'loginhint',
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'password',
  'secret',
  'clientsecret',
  'clientassertion',
  'token',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'assertion',
  'dpop',
  'evidence',
  'consent',
  'signedquote',
  'privatekey',
  'd',
  'salt',
  'databaseurl',
]);

const CENSOR = '[redacted]';

/** A JWS or JWE in compact form: its header always begins `{"` in base64url. */
const JOSE_TEXT = /\beyJ[\w-]{4,}(?:\.[\w-]*){1,4}/g;
/** `CC UUU C S NNNNNNN K`, with or without separators. */
const CIN_TEXT = /\b[A-Z]{2}[ *-]?[A-Z0-9]{3}[ *-]?C[ *-]?[A-Z0-9](?:[ *-]?[A-Z0-9]{7})[ *-]?[A-Z0-9]\b/gi;
/** Keypad alias: 19 digits. */
const ALIAS_TEXT = /\b\d{19}\b/g;
const BEARER_TEXT = /\b(Bearer|DPoP|Basic)\s+[\w.~+/=-]+/gi;
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/]+):[^\s@/]+@/gi;

export const redactText = (text: string): string =>
  text
    .replace(BEARER_TEXT, `$1 ${CENSOR}`)
    .replace(JOSE_TEXT, CENSOR)
    .replace(URL_PASSWORD, `$1:${CENSOR}@`)
    .replace(CIN_TEXT, CENSOR)
    .replace(ALIAS_TEXT, CENSOR);

const MAX_DEPTH = 8;

const redactError = (error: Error, depth: number): unknown => ({
  type: error.name,
  message: redactText(error.message),
  ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
  ...('code' in error ? { code: redact(error.code, depth + 1) } : {}),
  ...(error.cause === undefined ? {} : { cause: redact(error.cause, depth + 1) }),
});

/** A copy of a value in which nothing secret is left; deeper than eight levels nothing is shown. */
export const redact = (value: unknown, depth = 0): unknown => {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) =>
      SECRET_KEYS.has(key.toLowerCase().replaceAll(/[-_]/g, ''))
        ? [key, CENSOR]
        : [key, redact(item, depth + 1)],
    ),
  );
};
