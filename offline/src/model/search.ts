import {
  answerOf,
  ATTACKER,
  challenged,
  challengesFor,
  credentialsOf,
  chargerKey,
  hellosOf,
  helloOf,
  HONEST_CHARGER,
  isSameRun,
  PHONE,
  proofOf,
  proved,
  runKey,
  startsFor,
  type ChargerRun,
  type PhoneRun,
  type Variant,
} from './protocol.ts';
import { Knowledge, point } from './terms.ts';

/**
 * Every way in which some contacts can go while an attacker hears all, keeps back, replays, reorders, takes apart and makes what he can.
 * He is a customer himself, and has opened a charger of his own.
 */
export interface Scene {
  readonly variant: Variant;
  /** At which charger the honest phone is held, once a contact. */
  readonly phoneAt: readonly string[];
  readonly chargerRuns: number;
}

/** What must never happen. */
export type Violation =
  | 'charger starts by a token whose holder did not ask it to in this contact'
  | 'charger starts more often than the holder asked it to'
  | 'phone takes an answer that the charger did not give'
  | 'attacker learns the token of a phone that was held to honest chargers alone'
  | 'attacker learns what the charger told an honest phone';

export interface Findings {
  readonly states: number;
  /** How far contacts came: without an attack a phone's start is answered. */
  readonly isCompleted: boolean;
  readonly violations: readonly Violation[];
}

interface State {
  readonly phones: readonly PhoneRun[];
  readonly chargers: readonly ChargerRun[];
  readonly known: Knowledge;
}

const MOST_STARTS = 2;

const stateKey = ({ phones, chargers, known }: State): string =>
  `${phones.map(runKey).join('|')}#${chargers.map(runKey).join('|')}#${known.key}`;

const beginOf = ({ variant, phoneAt, chargerRuns }: Scene): State => {
  const phones = phoneAt.map((charger, at): PhoneRun => ({
    charger,
    secret: `x-of-phone-${at}`,
    state: 'greeted',
  }));
  const chargers = Array.from({ length: chargerRuns }, (_, at): ChargerRun => ({
    name: `contact-${at}`,
    secret: variant.isChargerFresh ? `y-of-charger-${at}` : 'y-of-charger',
    state: 'idle',
    starts: 0,
  }));
  const own = [
    ATTACKER.key,
    ATTACKER.token,
    ATTACKER.credentials,
    ATTACKER.secret,
    point(ATTACKER.secret),
    chargerKey(ATTACKER.charger),
  ];
  const names = [
    ATTACKER.charger,
    HONEST_CHARGER,
    'hello',
    'proof',
    'start',
    'accepted',
    'to-charger',
    'to-phone',
  ];
  return {
    phones,
    chargers,
    known: Knowledge.of([...own, ...names, ...phones.map(({ secret }) => helloOf(secret))]),
  };
};

const replaced = <T>(all: readonly T[], at: number, by: T): readonly T[] =>
  all.map((one, place) => (place === at ? by : one));

/** What may come next. */
function* nextOf({ variant }: Scene, state: State): Generator<State> {
  const { phones, chargers, known } = state;
  for (const [at, run] of chargers.entries()) {
    if (run.state === 'idle')
      for (const hello of hellosOf(known)) {
        const { reply, ...next } = challenged(run, hello);
        yield { ...state, chargers: replaced(chargers, at, next), known: known.with(reply) };
      }
    const isOpen = run.state === 'challenged' || (!variant.isChallengeUsedOnce && run.starts < MOST_STARTS);
    if (isOpen && run.channel !== undefined)
      for (const token of startsFor(variant, run, known)) {
        const next: ChargerRun = { ...run, state: 'started', startedBy: token, starts: run.starts + 1 };
        yield {
          ...state,
          chargers: replaced(chargers, at, next),
          known: known.with(answerOf(run.channel, credentialsOf(run))),
        };
      }
  }
  for (const [at, run] of phones.entries()) {
    if (run.state === 'greeted')
      for (const challenge of challengesFor(variant, run, known)) {
        const next = proved(run, challenge);
        const proof = proofOf(variant, next.transcript ?? '', next.channel ?? '', PHONE.token, PHONE.key);
        yield { ...state, phones: replaced(phones, at, next), known: known.with(proof) };
      }
    const { channel } = run;
    const words = [ATTACKER.credentials, ...chargers.map(credentialsOf)];
    const isAnswered = channel !== undefined && words.some((word) => known.has(answerOf(channel, word)));
    if (run.state === 'proved' && isAnswered)
      yield { ...state, phones: replaced(phones, at, { ...run, state: 'answered' }) };
  }
}

const violationsOf = ({ phoneAt }: Scene, { phones, chargers, known }: State): readonly Violation[] => {
  const found: Violation[] = [];
  const byPhone = chargers.filter(({ startedBy }) => startedBy === PHONE.token);
  const asked = phones.filter(
    ({ charger, state }) => charger === HONEST_CHARGER && state !== 'greeted',
  ).length;
  if (byPhone.some((charger) => !phones.some((phone) => isSameRun(phone, charger))))
    found.push('charger starts by a token whose holder did not ask it to in this contact');
  if (byPhone.reduce((sum, { starts }) => sum + starts, 0) > asked)
    found.push('charger starts more often than the holder asked it to');
  const atHonest = phones.filter(({ charger }) => charger === HONEST_CHARGER);
  if (
    atHonest.some(
      (phone) => phone.state === 'answered' && !byPhone.some((charger) => isSameRun(phone, charger)),
    )
  )
    found.push('phone takes an answer that the charger did not give');
  if (phoneAt.every((charger) => charger === HONEST_CHARGER) && known.has(PHONE.token))
    found.push('attacker learns the token of a phone that was held to honest chargers alone');
  const hasHeard = byPhone.some((charger) => known.has(credentialsOf(charger)));
  if (hasHeard) found.push('attacker learns what the charger told an honest phone');
  return found;
};

/** Looks at every state that can come of a scene. */
export const search = (scene: Scene): Findings => {
  const seen = new Set<string>();
  const open = [beginOf(scene)];
  const violations = new Set<Violation>();
  let isCompleted = false;
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const key = stateKey(state);
    if (seen.has(key)) continue;
    seen.add(key);
    for (const violation of violationsOf(scene, state)) violations.add(violation);
    isCompleted ||= state.phones.some((phone) => phone.state === 'answered');
    open.push(...nextOf(scene, state));
  }
  return { states: seen.size, isCompleted, violations: [...violations].sort() };
};
