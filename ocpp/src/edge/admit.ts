import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket, type PeerCertificate } from 'node:tls';
import type { Credential } from './config.ts';
import type { FewAtOnce } from './few-at-once.ts';
import type { PasswordCheck } from './password.ts';
import type { Refusals } from './refusals.ts';

/** Why a socket is refused before it is one; each is counted. */
export type RefusalCode =
  | 'PATH_UNKNOWN'
  | 'STATION_UNKNOWN'
  | 'PASSWORD_MISSING'
  | 'PASSWORD_WRONG'
  | 'CERTIFICATE_MISSING'
  | 'CERTIFICATE_UNTRUSTED'
  | 'CERTIFICATE_OF_ANOTHER'
  | 'TOO_MANY_TRIES'
  | 'TOO_MANY_CONNECTIONS';

/**
 * What is answered: whoever may not come in does not learn which stations there are, so an unknown one is told the same as a wrong
 * password.
 */
export const REFUSALS: Readonly<Record<RefusalCode, { readonly status: number; readonly text: string }>> = {
  PATH_UNKNOWN: { status: 404, text: 'no stations connect here' },
  STATION_UNKNOWN: { status: 401, text: 'this station did not prove itself' },
  PASSWORD_MISSING: { status: 401, text: 'this station did not prove itself' },
  PASSWORD_WRONG: { status: 401, text: 'this station did not prove itself' },
  CERTIFICATE_MISSING: { status: 401, text: 'this station did not prove itself' },
  CERTIFICATE_UNTRUSTED: { status: 401, text: 'this station did not prove itself' },
  CERTIFICATE_OF_ANOTHER: { status: 401, text: 'this station did not prove itself' },
  TOO_MANY_TRIES: { status: 429, text: 'too many tries: wait a minute' },
  TOO_MANY_CONNECTIONS: { status: 503, text: 'too many stations: try again later' },
};

/** Spec: OCPP 2.0.1 part 4 §3.1.1: an id of a station is an identifierString. Longer ones than 48 are none. */
const SEGMENT = /^(?:[A-Za-z0-9*_=:+|@.-]|%[0-9A-Fa-f]{2}){1,144}$/;
export const STATION_ID = /^[A-Za-z0-9*_=:+|@.-]{1,48}$/;

/** The station's id out of the address that it asks for. */
export const stationIdOf = (url: string | undefined, path: string): string | undefined => {
  const [address = ''] = (url ?? '').split('?');
  if (!address.startsWith(`${path}/`)) return undefined;
  const segment = address.slice(path.length + 1);
  if (!SEGMENT.test(segment)) return undefined;
  const id = segment.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return STATION_ID.test(id) ? id : undefined;
};

const isSame = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
};

/** A subject may have several, whatever the type says. */
const commonNames = ({ subject }: PeerCertificate): readonly (string | undefined)[] => [subject.CN].flat();

/** An authority's certificate is enough only together with whose it is. */
const certificateFault = (
  request: IncomingMessage,
  stationId: string,
  bound: Extract<Credential, { readonly certificate: unknown }>['certificate'],
): RefusalCode | undefined => {
  const { socket } = request;
  if (!(socket instanceof TLSSocket)) return 'CERTIFICATE_MISSING';
  const shown = socket.getPeerCertificate() as Partial<PeerCertificate>;
  if (shown.fingerprint256 === undefined || shown.subject === undefined) return 'CERTIFICATE_MISSING';
  if (!socket.authorized) return 'CERTIFICATE_UNTRUSTED';
  const { fingerprint256, commonName } = bound;
  if (fingerprint256 !== undefined && !isSame(fingerprint256, shown.fingerprint256))
    return 'CERTIFICATE_OF_ANOTHER';
  if (fingerprint256 !== undefined && commonName === undefined) return undefined;
  const names = commonNames(shown as PeerCertificate);
  return names.length === 1 && isSame(names[0] ?? '', commonName ?? stationId)
    ? undefined
    : 'CERTIFICATE_OF_ANOTHER';
};

export interface Admission {
  readonly credentialOf: (stationId: string) => Credential | undefined;
  readonly passwords: PasswordCheck;
  /** Derivations take a processor each. */
  readonly fewAtOnce: FewAtOnce;
  readonly refusals: Refusals;
}

export interface Candidate {
  readonly request: IncomingMessage;
  readonly stationId: string;
  readonly address: string;
  readonly password: Buffer | undefined;
}

const faultOf = async (
  { credentialOf, passwords }: Admission,
  { request, stationId, password }: Candidate,
): Promise<RefusalCode | undefined> => {
  const expected = credentialOf(stationId);
  if (expected !== undefined && 'certificate' in expected)
    return certificateFault(request, stationId, expected.certificate);
  if (password === undefined) return 'PASSWORD_MISSING';
  if (await passwords.isRight(password, expected?.passwordHash)) return undefined;
  return expected === undefined ? 'STATION_UNKNOWN' : 'PASSWORD_WRONG';
};

const isKnown = ({ credentialOf, passwords }: Admission, { stationId, password }: Candidate): boolean => {
  const expected = credentialOf(stationId);
  return (
    expected !== undefined &&
    'passwordHash' in expected &&
    password !== undefined &&
    passwords.isKnown(password, expected.passwordHash)
  );
};

const prove = async (admission: Admission, candidate: Candidate): Promise<RefusalCode | undefined> => {
  const { refusals } = admission;
  const { address, stationId } = candidate;
  // Others may have been refused while this one waited for its turn.
  if (!refusals.mayTry(address, stationId)) return 'TOO_MANY_TRIES';
  const { takeBack } = refusals.tried(address, stationId);
  const fault = await faultOf(admission, candidate);
  if (fault === undefined) takeBack();
  return fault;
};

/** Whether a station may come in: why not, or nothing. What is refused counts against who tried. */
export const admit = async (admission: Admission, candidate: Candidate): Promise<RefusalCode | undefined> => {
  const { refusals, fewAtOnce } = admission;
  const { address, stationId } = candidate;
  if (!refusals.mayTry(address, stationId)) return 'TOO_MANY_TRIES';
  const fault = isKnown(admission, candidate)
    ? undefined
    : await fewAtOnce(() => prove(admission, candidate));
  if (fault === undefined) refusals.admitted(address, stationId);
  return fault;
};
