import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { encodeCbor, isMap, isWhole, listOf } from '../cbor/cbor.ts';
import { coseKeyOf, readCoseKey } from '../cose/cose-key.ts';
import { readSign1, sign1, verifySign1 } from '../cose/sign1.ts';
import type { PublicKey, Signer, Suite } from '../suite/suite.ts';
import { issuerKey, type IssuerList } from '../token/issuer-list.ts';

/** What the utility that operates a charger says of its key: whose outlet it is, and until when. */
export interface ChargerCertificate {
  readonly operator: string;
  readonly evseId: string;
  readonly key: PublicKey;
  /** Seconds since 1970, UTC: it is good from the one until just before the other. */
  readonly fromS: number;
  readonly untilS: number;
}

export type CertificateError = DomainError<
  | 'CHARGER_CERTIFICATE_MALFORMED'
  | 'CHARGER_OPERATOR_UNKNOWN'
  | 'CHARGER_CERTIFICATE_FORGED'
  | 'CHARGER_CERTIFICATE_OUT_OF_DATE'
>;

const PURPOSE = 'roamgrid-charger';

export const signChargerCertificate = (
  certificate: ChargerCertificate,
  signer: Signer,
): Promise<Uint8Array> => {
  const { operator, evseId, key, fromS, untilS } = certificate;
  return sign1(encodeCbor([PURPOSE, operator, evseId, coseKeyOf(key), fromS, untilS]), signer);
};

const readCertificate = (payload: Uint8Array): ChargerCertificate | undefined => {
  const [purpose, operator, evseId, coseKey, fromS, untilS] = listOf(payload);
  const key = isMap(coseKey) ? readCoseKey(coseKey) : undefined;
  if (purpose !== PURPOSE || typeof operator !== 'string' || typeof evseId !== 'string') return undefined;
  if (key === undefined || !isWhole(fromS) || !isWhole(untilS)) return undefined;
  return { operator, evseId, key, fromS, untilS };
};

const refuse = (code: CertificateError['code'], message: string): Result<never, CertificateError> =>
  err({ code, message });

/** Whether a member vouches for a charger, by the keys and the clock of the phone. */
export const believeCharger = async (
  bytes: Uint8Array,
  members: IssuerList,
  nowS: number,
  suite: Pick<Suite, 'verify'>,
): Promise<Result<ChargerCertificate, CertificateError>> => {
  const read = readSign1(bytes);
  const certificate = read.ok ? readCertificate(read.value.payload) : undefined;
  if (!read.ok || certificate === undefined)
    return refuse('CHARGER_CERTIFICATE_MALFORMED', 'the charger shows no certificate that can be read');
  const member = issuerKey(members, certificate.operator, read.value.kid, certificate.fromS);
  if (member === undefined)
    return refuse('CHARGER_OPERATOR_UNKNOWN', `${certificate.operator} is no member that this phone knows`);
  if (!(await verifySign1(read.value, member.key, suite)).ok)
    return refuse('CHARGER_CERTIFICATE_FORGED', `${certificate.operator} did not sign it`);
  if (nowS < certificate.fromS || nowS >= certificate.untilS)
    return refuse('CHARGER_CERTIFICATE_OUT_OF_DATE', 'it is not good today');
  return ok(certificate);
};
