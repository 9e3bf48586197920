import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { isSame } from '../cbor/bytes.ts';
import { readSign1, verifySign1 } from '../cose/sign1.ts';
import type { Agreement, Signer, Suite } from '../suite/suite.ts';
import type { IssuerList } from '../token/issuer-list.ts';
import { Channel, deriveKeys } from './channel.ts';
import { believeCharger, type CertificateError } from './charger-certificate.ts';
import { encodeCommand, type Command } from './command.ts';
import {
  CHALLENGE_PURPOSE,
  encodeHello,
  MESSAGE,
  proofText,
  readChallenge,
  readChallengeMessage,
  transcriptOf,
  type Challenge,
} from './messages.ts';

export type ChallengeError =
  | DomainError<
      | 'CHALLENGE_MALFORMED'
      | 'CHALLENGE_FORGED' // the charger's key did not sign it
      | 'CHALLENGE_NOT_OURS' // it answers somebody else, or an earlier contact
      | 'OTHER_CHARGER' // not the one that the driver stands at
    >
  | CertificateError;

/** A phone has said its first word. */
export interface Greeting {
  readonly hello: Uint8Array;
  readonly agreement: Agreement;
}

/** A charger that proved who it is, and the way to talk to it. */
export interface Met {
  readonly challenge: Challenge;
  readonly operator: string;
  readonly channel: Channel;
}

export const greet = async (suite: Suite): Promise<Greeting> => {
  const agreement = await suite.newAgreement();
  return { hello: encodeHello({ point: agreement.point }), agreement };
};

const refuse = (
  code: Exclude<ChallengeError['code'], CertificateError['code']>,
  message: string,
): Result<never, ChallengeError> => err({ code, message });

/**
 * Reads a charger's challenge. It is believed of a charger for which a member vouches, and of the one that the driver named: a relay to another
 * charger is told from this one.
 */
export const readChallengeOf = async (
  suite: Suite,
  { hello, agreement }: Greeting,
  reply: Uint8Array,
  trust: { readonly members: IssuerList; readonly nowS: number; readonly evseId: string },
): Promise<Result<Met, ChallengeError>> => {
  const message = readChallengeMessage(reply);
  const signed = message && readSign1(message.signed);
  const challenge = signed?.ok === true ? readChallenge(signed.value.payload) : undefined;
  if (message === undefined || signed?.ok !== true || challenge === undefined)
    return refuse('CHALLENGE_MALFORMED', 'it is no challenge of a charger');
  const believed = await believeCharger(message.certificate, trust.members, trust.nowS, suite);
  if (!believed.ok) return believed;
  const verified = await verifySign1(signed.value, believed.value.key, suite, CHALLENGE_PURPOSE);
  if (!verified.ok || challenge.evseId !== believed.value.evseId)
    return refuse('CHALLENGE_FORGED', 'the charger that it names did not sign it');
  if (challenge.evseId !== trust.evseId)
    return refuse('OTHER_CHARGER', `this is ${challenge.evseId}, not ${trust.evseId}`);
  if (!isSame(await suite.sha256(hello), challenge.helloHash))
    return refuse('CHALLENGE_NOT_OURS', 'it answers another phone, or an earlier contact');
  const secret = await agreement.agree(challenge.point);
  if (secret === undefined) return refuse('CHALLENGE_MALFORMED', 'its key is none');
  const keys = await deriveKeys(suite, secret, await transcriptOf(suite, hello, reply));
  return ok({ challenge, operator: believed.value.operator, channel: new Channel(suite, 'phone', keys) });
};

/** Answers a challenge: the token, and the proof that this phone holds its key and wants this, now, of this charger. */
export const prove = async (
  suite: Suite,
  { channel }: Met,
  token: Uint8Array,
  holder: Signer,
  command: Command,
): Promise<Uint8Array> => {
  const said = encodeCommand(command);
  const signature = await holder.sign(proofText(channel.transcript, await suite.sha256(token), said));
  return channel.seal([MESSAGE.proof, said, token, signature]);
};
