import { readable } from '../failure.ts';
import { fromBase64, hexOf, same, textOf, type Bytes } from '../bytes.ts';
import type { Primitives } from '../primitives.ts';
import { elements, rawSignature, sequence, TAG, type Element } from './der.ts';

/** Certificates as Fabric's members have them: X.509 with keys on P-256. Spec: RFC 5280. */

export interface Certificate {
  readonly issuer: Bytes;
  readonly subject: Bytes;
  /** Organisational units of the subject: Fabric writes there what a node is. */
  readonly units: readonly string[];
  readonly fromMs: number;
  readonly untilMs: number;
  /** Public key, uncompressed. */
  readonly point: Bytes;
  /** What its issuer signed. */
  readonly signed: Bytes;
  readonly signature: Bytes;
}

const EC_ON_P256 = '06072a8648ce3d020106082a8648ce3d030107';
const UNIT_OID = '55040b';
const VERSION_TAG = 0xa0;
const POINT_BYTES = 65;

const PEM = /^\s*-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END CERTIFICATE-----\s*$/;

const derOf = (pem: Bytes): Bytes => {
  const [, body = ''] = PEM.exec(textOf(pem)) ?? [];
  readable(body !== '', 'a certificate is not in PEM');
  return fromBase64(body.replace(/\s/g, ''));
};

const UTC_TIME = 0x17;

/** Times of both kinds. Spec: RFC 5280 §4.1.2.5. */
const timeMs = ({ tag, content }: Element): number => {
  const digits = textOf(content);
  const full = tag === UTC_TIME ? `${Number(digits.slice(0, 2)) < 50 ? '20' : '19'}${digits}` : digits;
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full);
  readable(match !== null, 'a certificate has a time that is none');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
};

const unitsOf = (subject: Element): readonly string[] =>
  elements(subject.content)
    .flatMap((set) => elements(set.content))
    .flatMap((pair) => {
      const [oid, value] = elements(pair.content);
      return oid !== undefined && value !== undefined && hexOf(oid.content) === UNIT_OID
        ? [textOf(value.content)]
        : [];
    });

const bitsOf = (element: Element | undefined): Bytes => {
  readable(element?.tag === TAG.bits && element.content[0] === 0, 'a certificate lacks whole bytes');
  return element.content.subarray(1);
};

/** @throws Unreadable */
export const readCertificate = (pem: Bytes): Certificate => {
  const [signed, algorithm, signature, ...more] = sequence(derOf(pem));
  readable(
    signed !== undefined && algorithm !== undefined && more.length === 0,
    'a certificate has not three parts',
  );
  const parts = elements(signed.content);
  // The oldest form has no version before its serial number.
  const [, , issuer, validity, subject, key] = parts[0]?.tag === VERSION_TAG ? parts.slice(1) : parts;
  readable(
    issuer !== undefined && validity !== undefined && subject !== undefined && key !== undefined,
    'a certificate lacks a part',
  );
  const [from, until] = elements(validity.content);
  readable(from !== undefined && until !== undefined, 'a certificate has no time');
  const [kind, point] = elements(key.content);
  readable(kind !== undefined && hexOf(kind.content) === EC_ON_P256, 'a certificate’s key is not on P-256');
  const bytes = bitsOf(point);
  readable(bytes.length === POINT_BYTES && bytes[0] === 4, 'a certificate’s key is no point');
  return {
    issuer: issuer.whole,
    subject: subject.whole,
    units: unitsOf(subject),
    fromMs: timeMs(from),
    untilMs: timeMs(until),
    point: bytes,
    signed: signed.whole,
    signature: rawSignature(bitsOf(signature)),
  };
};

const MAX_CHAIN = 8;

/**
 * Whether a certificate leads to one of the roots by way of the intermediates, each issued in its issuer's time. As on the
 * channel, it counts after its own time, too: who signed a transaction says when, so that time would prove nothing.
 */
export const isIssued = async (
  { verify }: Primitives,
  certificate: Certificate,
  roots: readonly Certificate[],
  intermediates: readonly Certificate[],
): Promise<boolean> => {
  let current = certificate;
  for (let depth = 0; depth < MAX_CHAIN; depth += 1) {
    let next: Certificate | undefined;
    for (const issuer of [...roots, ...intermediates]) {
      if (!same(issuer.subject, current.issuer)) continue;
      if (current.fromMs < issuer.fromMs || issuer.untilMs < current.fromMs) continue;
      if (!(await verify(issuer.point, current.signature, current.signed))) continue;
      if (roots.includes(issuer)) return true;
      next = issuer;
      break;
    }
    if (next === undefined) return false;
    current = next;
  }
  return false;
};
