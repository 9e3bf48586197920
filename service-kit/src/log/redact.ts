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

/**
 * Each pattern reads a text in one pass: no two of its beginnings may read on over the same characters, or a long text
 * without an end would be read again from each of them.
 */
/** What may be a JWS or JWE in compact form: its header always begins `{"` in base64url, and a dot follows it. */
const JOSE_RUN = /\beyJ[\w.-]+/g;
/** `CC UUU C S NNNNNNN K`, with or without separators. */
const CIN_TEXT = /\b[A-Z]{2}[ *-]?[A-Z0-9]{3}[ *-]?C[ *-]?[A-Z0-9](?:[ *-]?[A-Z0-9]{7})[ *-]?[A-Z0-9]\b/gi;
/** Keypad alias: 19 digits. */
const ALIAS_TEXT = /\b\d{19}\b/g;
const BEARER_TEXT = /\b(Bearer|DPoP|Basic)\s+[\w.~+/=-]+/gi;
const URL_PASSWORD = /(:\/\/[^\s:@/]*):[^\s@/]+@/g;

const hideSecrets = (text: string): string =>
  text
    .replace(BEARER_TEXT, `$1 ${CENSOR}`)
    .replace(JOSE_RUN, (run) => (run.includes('.') ? CENSOR : run))
    .replace(URL_PASSWORD, `$1:${CENSOR}@`)
    .replace(CIN_TEXT, CENSOR)
    .replace(ALIAS_TEXT, CENSOR);

/** What one log line may take, whoever chose its content. */
const MAX_TEXT = 8_192;
const MAX_LINE_TEXT = 65_536;
const MAX_VALUES = 2_000;
const MAX_DEPTH = 8;
/** Longer than a CIN in any form: so much is left out at the end of a cut text, where half a secret may stand. */
const CUT_MARGIN = 256;

/** A text without secrets and no longer than a log needs. */
export const redactText = (text: string, longest = MAX_TEXT): string => {
  if (text.length <= longest) return hideSecrets(text);
  const shown = hideSecrets(text.slice(0, longest));
  return `${shown.slice(0, -CUT_MARGIN)}… [${text.length} characters]`;
};

/** What is left for one line. */
interface Budget {
  text: number;
  values: number;
}

const within = (text: string, budget: Budget): string => {
  const shown = redactText(text, Math.min(MAX_TEXT, budget.text));
  budget.text -= Math.min(text.length, budget.text);
  return shown;
};

const redactError = (error: Error, depth: number, budget: Budget): unknown => ({
  type: error.name,
  message: within(error.message, budget),
  ...(error.stack === undefined ? {} : { stack: within(error.stack, budget) }),
  ...('code' in error ? { code: redactValue(error.code, depth + 1, budget) } : {}),
  ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, depth + 1, budget) }),
});

const redactValue = (value: unknown, depth: number, budget: Budget): unknown => {
  budget.values -= 1;
  if (budget.values < 0) return '[too much]';
  if (typeof value === 'string') return within(value, budget);
  if (typeof value === 'bigint') return within(value.toString(), budget);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (value instanceof Error) return redactError(value, depth, budget);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) {
    return value.slice(0, budget.values + 1).map((item) => redactValue(item, depth + 1, budget));
  }
  const shown: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (budget.values <= 0) break;
    const isSecret = key.length <= MAX_TEXT && SECRET_KEYS.has(key.toLowerCase().replaceAll(/[-_]/g, ''));
    shown.push([within(key, budget), isSecret ? CENSOR : redactValue(item, depth + 1, budget)]);
  }
  return Object.fromEntries(shown);
};

/** A copy of a value in which nothing secret is left; what is deeper or larger than a log needs is left out. */
export const redact = (value: unknown): unknown =>
  redactValue(value, 0, { text: MAX_LINE_TEXT, values: MAX_VALUES });
