import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { encodeCbor, isBytes, itemsOf, listOf, type CborValue } from '../cbor/cbor.ts';
import type { Operator } from '../charger/utility-words.ts';
import { readSign1 } from '../cose/sign1.ts';
import { PROTOCOL, type Channel } from '../handshake/channel.ts';
import { answerHello, type ChargerIdentity, type ChargerUptime } from '../handshake/charger.ts';
import { believeCharger } from '../handshake/charger-certificate.ts';
import { greet, readChallengeOf } from '../handshake/phone.ts';
import type { Link } from '../link/link.ts';
import type { Suite } from '../suite/suite.ts';
import type { IssuerList } from '../token/issuer-list.ts';

/**
 * How two chargers of one utility meet on their local network: the one that calls is challenged and believes the other as a phone does; then
 * it shows its own certificate and signs what both have said, so that each knows the other. Spec: SECURE-13.
 */

export interface MeetingSide {
  readonly suite: Suite;
  readonly identity: ChargerIdentity;
  readonly operator: Operator;
  uptime(): ChargerUptime;
  /** Seconds since 1970, UTC; who lost his clock judges no certificate, and meets nobody. */
  nowS(): number | undefined;
}

/** A neighbour that proved who it is, and the way to talk to it. */
export interface MetNeighbour {
  readonly evseId: string;
  readonly channel: Channel;
}

export type MeetingError = DomainError;

const NEIGHBOUR = 'neighbour';
const FOREVER_S = Number.MAX_SAFE_INTEGER;

const refuse = (code: string, message: string): Result<never, MeetingError> => err({ code, message });

const textOf = (value: CborValue | undefined): string => (typeof value === 'string' ? value : '');

/** Chargers are believed by their own utility's word alone. */
const ownUtility = ({ identity, operator }: MeetingSide): IssuerList => {
  const read = readSign1(identity.certificate);
  const [, utilityId] = read.ok ? listOf(read.value.payload) : [];
  const good = { fromS: 0, untilS: FOREVER_S, revocationEpoch: 0 };
  const issuer = { utilityId: textOf(utilityId), kid: operator.kid, key: operator.key, ...good };
  return { version: 0, madeAtS: 0, issuers: [issuer] };
};

const meetingText = (transcript: Uint8Array): Uint8Array =>
  encodeCbor([`${PROTOCOL} ${NEIGHBOUR}`, transcript]);

/** Calls a neighbour. @throws LinkLost when it goes away before it is met */
export const callNeighbour = async (
  side: MeetingSide,
  link: Link,
  evseId: string,
): Promise<Result<MetNeighbour, MeetingError>> => {
  const { suite, identity } = side;
  const nowS = side.nowS();
  if (nowS === undefined) return refuse('CLOCK_LOST', 'it does not know whose certificates are good');
  const greeting = await greet(suite);
  await link.send(greeting.hello);
  const trust = { members: ownUtility(side), nowS, evseId };
  const met = await readChallengeOf(suite, greeting, await link.receive(), trust);
  if (!met.ok) return met;
  const { channel } = met.value;
  const signature = await identity.signer.sign(meetingText(channel.transcript));
  await link.send(await channel.seal([NEIGHBOUR, identity.certificate, signature]));
  const answer = await channel.open(await link.receive());
  if (!answer.ok) return answer;
  const [word, code, message] = itemsOf(answer.value);
  return word === 'met' ? ok({ evseId, channel }) : refuse(textOf(code), textOf(message));
};

/** Answers a neighbour that calls. @param isNeighbour whether it is one @throws LinkLost when it goes away before */
export const answerNeighbour = async (
  side: MeetingSide,
  link: Link,
  isNeighbour: (evseId: string) => boolean,
): Promise<Result<MetNeighbour, MeetingError>> => {
  const { suite, identity } = side;
  const nowS = side.nowS();
  if (nowS === undefined) return refuse('CLOCK_LOST', 'it does not know whose certificates are good');
  const challenged = await answerHello(suite, identity, side.uptime(), await link.receive());
  if (!challenged.ok) return challenged;
  const { channel, reply } = challenged.value;
  await link.send(reply);
  const opened = await channel.open(await link.receive());
  if (!opened.ok) return opened;
  const [kind, certificate, signature] = itemsOf(opened.value);
  if (kind !== NEIGHBOUR || !isBytes(certificate) || !isBytes(signature))
    return refuse('NEIGHBOUR_MALFORMED', 'it does not say who it is');
  const believed = await believeCharger(certificate, ownUtility(side), nowS, suite);
  const isSigned =
    believed.ok && (await suite.verify(believed.value.key, meetingText(channel.transcript), signature));
  const refused = !believed.ok
    ? believed.error
    : !isSigned
      ? { code: 'NEIGHBOUR_FORGED', message: 'it does not hold the key of its certificate' }
      : isNeighbour(believed.value.evseId)
        ? undefined
        : { code: 'NEIGHBOUR_UNKNOWN', message: `${believed.value.evseId} is no neighbour of this charger` };
  await link.send(await channel.seal(refused ? ['refused', refused.code, refused.message] : ['met']));
  return refused === undefined && believed.ok
    ? ok({ evseId: believed.value.evseId, channel })
    : refuse(refused?.code ?? '', refused?.message ?? '');
};
