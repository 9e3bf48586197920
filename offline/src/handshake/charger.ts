import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { isBytes, itemsOf } from '../cbor/cbor.ts';
import { sign1 } from '../cose/sign1.ts';
import type { Signer, Suite } from '../suite/suite.ts';
import { believeToken, type StartRefusal } from '../token/judge.ts';
import type { ChargeToken } from '../token/charge-token.ts';
import type { IssuerList } from '../token/issuer-list.ts';
import { Channel, deriveKeys, type ChannelError } from './channel.ts';
import { readCommand, type Command } from './command.ts';
import {
  CHALLENGE_PURPOSE,
  encodeChallenge,
  encodeChallengeMessage,
  MESSAGE,
  proofText,
  readHello,
  transcriptOf,
} from './messages.ts';

/** A charger as phones see it. */
export interface ChargerIdentity {
  readonly evseId: string;
  readonly signer: Signer;
  /** Its operator's word for its key ({@link signChargerCertificate}). */
  readonly certificate: Uint8Array;
}

/** Its time since it was started. */
export interface ChargerUptime {
  readonly bootCounter: number;
  readonly monotonicMs: number;
}

export type HelloError = DomainError<'HELLO_MALFORMED'>;
export type ProofError = DomainError<'PROOF_MALFORMED' | 'PROOF_FORGED'> | ChannelError | StartRefusal;

/** A phone was challenged and has not answered. It is good for one answer. */
export interface Challenged {
  readonly reply: Uint8Array;
  readonly channel: Channel;
}

/** The phone that is there holds this token, and wants this. */
export interface Proven {
  readonly token: ChargeToken;
  readonly command: Command;
  readonly evidence: Evidence;
}

/** What shows to others that the holder of a token asked for this, in one contact. */
export interface Evidence {
  /** The token as it was signed. */
  readonly token: Uint8Array;
  readonly transcript: Uint8Array;
  readonly signature: Uint8Array;
}

/** Answers a phone's first word: one signature and one key agreement. */
export const answerHello = async (
  suite: Suite,
  { evseId, signer, certificate }: ChargerIdentity,
  { bootCounter, monotonicMs }: ChargerUptime,
  hello: Uint8Array,
): Promise<Result<Challenged, HelloError>> => {
  const malformed = err({ code: 'HELLO_MALFORMED', message: 'it is no word of this protocol' } as const);
  const read = readHello(hello);
  if (read === undefined) return malformed;
  const agreement = await suite.newAgreement();
  const secret = await agreement.agree(read.point);
  if (secret === undefined) return malformed;
  const helloHash = await suite.sha256(hello);
  const challenge = encodeChallenge({ evseId, bootCounter, monotonicMs, point: agreement.point, helloHash });
  const reply = encodeChallengeMessage(await sign1(challenge, signer, CHALLENGE_PURPOSE), certificate);
  const keys = await deriveKeys(suite, secret, await transcriptOf(suite, hello, reply));
  return ok({ reply, channel: new Channel(suite, 'charger', keys) });
};

/**
 * Reads the answer of a phone that was challenged: two verifications, the issuer's and the holder's. Whoever is believed holds the token's
 * key and answered this challenge.
 */
export const readProof = async (
  suite: Suite,
  { channel }: Challenged,
  issuers: IssuerList,
  proof: Uint8Array,
): Promise<Result<Proven, ProofError>> => {
  const opened = await channel.open(proof);
  if (!opened.ok) return opened;
  const [kind, said, token, signature] = itemsOf(opened.value);
  const command = readCommand(said);
  if (kind !== MESSAGE.proof || command === undefined || !isBytes(token) || !isBytes(signature))
    return err({ code: 'PROOF_MALFORMED', message: 'it is no answer to a challenge' });
  const believed = await believeToken(token, issuers, suite);
  if (!believed.ok) return believed;
  const text = proofText(channel.transcript, await suite.sha256(token), said ?? null);
  if (!(await suite.verify(believed.value.holder, text, signature)))
    return err({ code: 'PROOF_FORGED', message: 'the phone does not hold the key of its token' });
  const evidence = { token, transcript: channel.transcript, signature };
  return ok({ token: believed.value, command, evidence });
};
