import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { z } from 'zod';
import type { JsonValue } from '../codec/canonical-json.ts';
import type { PublicJwk } from '../codec/scalars.ts';
import { keysAt, type DatedKey } from '../ledger/dated-keys.ts';
import { signJws, verifyJws, type JwsError, type Signer } from './jws.ts';

/** `typ` headers of the signed documents, so that one can never be taken for another (RFC 8725 §3.11). */
export const DOCUMENT_TYPE = {
  authorisation: 'roamgrid-authorisation+jwt',
  profile: 'roamgrid-profile+jwt',
  offlineLeave: 'roamgrid-offline-leave+jwt',
  quote: 'roamgrid-quote+jwt',
  consent: 'roamgrid-consent+jwt',
  driverConsent: 'roamgrid-driver-consent+jwt',
  reservation: 'roamgrid-reservation+jwt',
  offlineAsk: 'roamgrid-offline-ask+jwt',
  standingQuote: 'roamgrid-standing-quote+jwt',
  offlineConsent: 'roamgrid-offline-consent+jwt',
  houseBatch: 'roamgrid-house-batch+jwt',
  creditMove: 'roamgrid-credit-move+jwt',
} as const;

export type DocumentType = (typeof DOCUMENT_TYPE)[keyof typeof DOCUMENT_TYPE];

/** The signature may be good, but the payload is not the document that its type promises. */
export type DocumentError = JwsError | DomainError<'DOCUMENT_INVALID'>;

/**
 * Signs a document of a schema: canonical JSON, bigints as decimal strings.
 * @throws ZodError when the value does not match its schema.
 */
export const signDocument = <S extends z.ZodType>(
  schema: S,
  typ: DocumentType,
  value: z.output<S>,
  signer: Signer,
): Promise<string> => signJws(z.encode(schema, value) as JsonValue, signer.key, signer.kid, typ);

/** Verifies a signed document with the signer's registered keys and decodes it by its schema. */
export const openDocument = async <S extends z.ZodType>(
  schema: S,
  typ: DocumentType,
  jws: string,
  keys: readonly PublicJwk[],
): Promise<Result<z.output<S>, DocumentError>> => {
  const payload = await verifyJws(jws, keys, typ);
  if (!payload.ok) return payload;
  const parsed = z.safeDecode(schema, payload.value as z.input<S>);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  const at = issue === undefined ? '' : issue.path.join('.');
  return err({
    code: 'DOCUMENT_INVALID',
    message: `the ${typ} is wrong at ${at}: ${issue?.message ?? ''}`,
  });
};

/**
 * The same with the history of the signer's keys: the key must have counted when the document says that it was signed, so
 * that one which is read late is judged by the keys of its own time. `counting` is `keysAbout` for what the contracts judge
 * with allowance for the signer's clock.
 */
export const openDatedDocument = async <S extends z.ZodType>(
  schema: S,
  typ: DocumentType,
  jws: string,
  keys: readonly DatedKey[],
  signedAtMs: (document: z.output<S>) => number,
  counting: typeof keysAt = keysAt,
): Promise<Result<z.output<S>, DocumentError>> => {
  const opened = await openDocument(schema, typ, jws, keys);
  return opened.ok ? openDocument(schema, typ, jws, counting(keys, signedAtMs(opened.value))) : opened;
};
