import {
  hash,
  isSameTerm,
  keyOf,
  list,
  point,
  seal,
  shared,
  sign,
  type Knowledge,
  type Term,
} from './terms.ts';

/**
 * The contact between a phone and a charger as terms ({@link ../handshake}): what each side sends, what it takes, and what it believes then.
 * [In words](../../../docs/offline/protocol.md).
 */

/** What may be left out, to see that it is missed. */
export interface Variant {
  readonly name: string;
  /** The holder signs which contact it is. */
  readonly isProofBound: boolean;
  /** The phone verifies that the charger signed the challenge. */
  readonly isChargerVerified: boolean;
  /** A challenge is good for one answer. */
  readonly isChallengeUsedOnce: boolean;
  /** The charger makes a new key for each challenge. */
  readonly isChargerFresh: boolean;
}

export const AS_BUILT: Variant = {
  name: 'as built',
  isProofBound: true,
  isChargerVerified: true,
  isChallengeUsedOnce: true,
  isChargerFresh: true,
};

/** The honest phone, its token and its key; the attacker's own ones, and the charger that he has opened. */
export const PHONE = { key: 'key-of-phone', token: 'token-of-phone' } as const;
export const ATTACKER = {
  key: 'key-of-attacker',
  token: 'token-of-attacker',
  charger: 'charger-D',
  secret: 'x-of-attacker',
  credentials: 'credentials-of-attacker',
} as const;
export const HONEST_CHARGER = 'charger-C';
const START = 'start';

export const holderOf = (token: Term): Term | undefined =>
  token === PHONE.token ? PHONE.key : token === ATTACKER.token ? ATTACKER.key : undefined;
export const chargerKey = (charger: string): Term => `key-of-${charger}`;

export interface PhoneRun {
  /** The charger at which the driver stands. */
  readonly charger: string;
  readonly secret: string;
  readonly state: 'greeted' | 'proved' | 'answered';
  readonly transcript?: Term;
  readonly channel?: Term;
}

export interface ChargerRun {
  readonly name: string;
  readonly secret: string;
  readonly state: 'idle' | 'challenged' | 'started';
  readonly hello?: Term;
  readonly transcript?: Term;
  readonly channel?: Term;
  /** By whose token it started, how often. */
  readonly startedBy?: Term;
  readonly starts: number;
}

export const helloOf = (secret: string): Term => list('hello', point(secret));

const challengeText = (charger: string, chargerPoint: Term, hello: Term): Term =>
  list(charger, chargerPoint, hash(hello));

export const challengeOf = (charger: string, secret: string, hello: Term): Term =>
  sign(chargerKey(charger), challengeText(charger, point(secret), hello));

export const proofText = ({ isProofBound }: Variant, transcript: Term, token: Term): Term =>
  isProofBound ? list('proof', transcript, hash(token), START) : list('proof', hash(token), START);

export const proofOf = (variant: Variant, transcript: Term, channel: Term, token: Term, key: Term): Term =>
  seal(list('to-charger', channel), list(token, sign(key, proofText(variant, transcript, token))));

export const answerOf = (channel: Term, credentials: Term): Term =>
  seal(list('to-phone', channel), list('accepted', credentials));

/** What a charger tells the phone that it started for. */
export const credentialsOf = ({ name }: ChargerRun): Term => `credentials-of-${name}`;

/** What a charger takes of a first word, whoever said it. */
export const challenged = (run: ChargerRun, hello: Term): ChargerRun & { readonly reply: Term } => {
  const reply = challengeOf(HONEST_CHARGER, run.secret, hello);
  const other = typeof hello === 'string' ? '' : (hello[2] ?? '');
  const transcript = hash(list(hello, reply));
  return {
    ...run,
    state: 'challenged',
    hello,
    transcript,
    channel: list(shared(run.secret, secretIn(other)), transcript),
    reply,
  };
};

/** The secret of a point: only its owner knows it, the term names it. */
const secretIn = (other: Term): Term =>
  typeof other !== 'string' && other[0] === 'point' ? (other[1] ?? '') : other;

/** First words that somebody can say: with each point that he knows. */
export const hellosOf = (known: Knowledge): readonly Term[] =>
  [...known.terms].flatMap((term) =>
    typeof term !== 'string' && term[0] === 'point' ? [list('hello', term)] : [],
  );

/** Challenges that a phone would take of somebody who knows this. */
export const challengesFor = (variant: Variant, run: PhoneRun, known: Knowledge): readonly Term[] => {
  const hello = helloOf(run.secret);
  const points = [...known.terms].filter((term) => typeof term !== 'string' && term[0] === 'point');
  return points
    .flatMap((one) => {
      const text = list(run.charger, one, hash(hello));
      const forged = variant.isChargerVerified ? [] : [sign(ATTACKER.key, text)];
      return [sign(chargerKey(run.charger), text), ...forged];
    })
    .filter((challenge) => known.has(challenge));
};

export const proved = (run: PhoneRun, challenge: Term): PhoneRun => {
  const text = typeof challenge === 'string' ? '' : (challenge[2] ?? '');
  const theirPoint = typeof text === 'string' ? '' : (text[2] ?? '');
  const transcript = hash(list(helloOf(run.secret), challenge));
  return {
    ...run,
    state: 'proved',
    transcript,
    channel: list(shared(run.secret, secretIn(theirPoint)), transcript),
  };
};

/** The tokens by which a charger would start of somebody who knows this. */
export const startsFor = (variant: Variant, run: ChargerRun, known: Knowledge): readonly Term[] => {
  const { transcript, channel } = run;
  if (transcript === undefined || channel === undefined) return [];
  return [PHONE.token, ATTACKER.token].filter((token) =>
    known.has(proofOf(variant, transcript, channel, token, holderOf(token) ?? '')),
  );
};

export const isSameRun = (phone: PhoneRun, charger: ChargerRun): boolean =>
  phone.charger === HONEST_CHARGER &&
  phone.state !== 'greeted' &&
  phone.transcript !== undefined &&
  charger.transcript !== undefined &&
  isSameTerm(phone.transcript, charger.transcript);

export const runKey = ({ transcript, channel, ...rest }: PhoneRun | ChargerRun): string =>
  JSON.stringify({
    ...rest,
    transcript: transcript && keyOf(transcript),
    channel: channel && keyOf(channel),
  });
