import {
  afterByTimer,
  Contact,
  Link,
  LinkLost,
  readStarted,
  readStopped,
  visit,
  type Carried,
  type CarriedRecord,
  type Command,
  type ContactError,
  type CreditError,
  type SaidRunning,
} from '@roamgrid/offline';
import { WEB_SUITE } from '@roamgrid/offline/web';
import { bytesOfBase64Url } from '../../shared/hash.ts';
import type { WalletCredit } from './credit.ts';
import {
  askableWh,
  isRunning,
  leftOf,
  sessionIdOf,
  type KeptSession,
  type KeptToken,
  type KeptLoad,
} from './kept.ts';
import { holderOf } from './phone-key.ts';
import type { Radio } from './radio/radio.ts';
import type { KeptKey, WalletStore } from './store.ts';
import { askTime } from './visited.ts';

/** One contact with a charger: what the driver wants, and what the phone carries there and back (SECURE-12). */

const PACE = { againMs: 200, tries: 25 };
const MS_PER_S = 1_000;

/** Who is held to which charger, with what. */
export interface Held {
  readonly store: WalletStore;
  readonly radio: Radio;
  readonly token: KeptToken;
  readonly key: KeptKey;
  readonly carried: KeptLoad;
  /** Of the charger's utility, where the phone has a network. */
  readonly gatewayUrl: string | undefined;
  readonly sessions: readonly KeptSession[];
  readonly credit: WalletCredit;
  /** By this phone's clock. */
  readonly nowMs: () => number;
}

export type Wish = 'start' | 'stop' | 'collect';

/** What came of a contact: it was as wished, or one said no, with the reason. */
/** Why it was not as wished: the charger's reason, or the phone's own. */
export type Refusal = ContactError | CreditError;
export type Tapped =
  /** `isWhole`: the phone has all that the charger had for it, so the cable is free after a stop. */
  { readonly said: 'done'; readonly isWhole: boolean } | { readonly said: 'no'; readonly why: Refusal };

const carriedBy = async ({ token, key, carried, nowMs }: Held): Promise<Carried> => ({
  suite: WEB_SUITE,
  token: bytesOfBase64Url(token.token),
  holder: (await holderOf(key)).signer,
  members: carried.members,
  nowS: Math.floor(nowMs() / MS_PER_S),
  evseId: token.evseId,
});

const commandOf = (wish: Wish, { token, sessions }: Held): Command =>
  wish === 'start' ? { kind: 'start', energyWh: askableWh(token, leftOf(token, sessions)) } : { kind: wish };

/** Keeps what the charger said of the session, before anything else is asked. */
const keepSaid = async (wish: Wish, { answer }: Contact, held: Held): Promise<void> => {
  const { store, token, sessions } = held;
  const { tokenId, owner, vun, evseId, currency, place } = token;
  if (wish === 'start') {
    const said = readStarted(answer);
    const known = said && sessions.find((each) => each.sessionId === sessionIdOf(evseId, said.number));
    // The answer that was lost before is given again.
    if (said === undefined || known !== undefined) return;
    await store.keep('sessions', {
      ...{ sessionId: sessionIdOf(evseId, said.number), owner, tokenId, vun, evseId, number: said.number },
      ...{ placeName: place.name, currency, beganMs: held.nowMs(), endsMs: said.endsS * MS_PER_S },
      ...{ mostWh: said.mostWh.toString(), mostMicros: said.mostMicros.toString(), record: 'charger' },
    });
  }
  const said = wish === 'stop' ? readStopped(answer) : undefined;
  const session = said && sessions.find((each) => each.sessionId === sessionIdOf(evseId, said.number));
  if (said === undefined || session === undefined) return;
  const { energyWh, costMicros, reason } = said;
  const ended = {
    atMs: held.nowMs(),
    energyWh: energyWh.toString(),
    costMicros: costMicros.toString(),
    reason,
  };
  await held.credit.debit(token, said);
  await store.keep('sessions', { ...session, ended });
};

/** A session that the charger ended before: what is left is to take its record along. */
const keepOver = async ({ code }: Refusal, { store, token, sessions, ...held }: Held): Promise<void> => {
  if (code !== 'NOTHING_RUNS' && code !== 'OUTSIDE_SLOT') return;
  const nowMs = held.nowMs();
  for (const session of sessions.filter((each) => each.tokenId === token.tokenId && isRunning(each, nowMs)))
    await store.keep('sessions', { ...session, endsMs: nowMs });
};

/** Keeps how the session stands by what its charger has heard meanwhile: a calendar of caps may lengthen it. */
const keepRunning = async (store: WalletStore, evseId: string, said: SaidRunning): Promise<void> => {
  const session = await store.find('sessions', sessionIdOf(evseId, said.number));
  if (session === undefined || session.ended !== undefined) return;
  const readyMs = said.readyS === undefined ? null : said.readyS * MS_PER_S;
  await store.keep('sessions', { ...session, endsMs: said.endsS * MS_PER_S, readyMs });
};

/** Gives the charger its utility's words and takes what it and its neighbours have for that: records, whosever they are. */
const exchange = async (contact: Contact, { store, token, carried, nowMs }: Held): Promise<void> => {
  const { vun, evseId: here } = token;
  /** Each outlet counts its own records. */
  const keep = async (evseId: string, { number, bytes }: CarriedRecord): Promise<void> => {
    const recordId = sessionIdOf(evseId, number);
    await store.keep('records', { recordId, vun, evseId, number, sealed: bytes, takenAtMs: nowMs() });
    const session = await store.find('sessions', recordId);
    if (session?.record === 'charger') await store.keep('sessions', { ...session, record: 'phone' });
  };
  const { running } = await visit(contact, carried.load, {
    record: (record) => keep(here, record),
    neighbour: keep,
    diagnosis: (sealed) => store.keep('diagnoses', { evseId: here, vun, sealed }),
  });
  if (running !== undefined) await keepRunning(store, here, running);
  await contact.end();
};

/** A contact from its begin to its end. @throws LinkLost when the phone was taken away before the charger answered */
const once = async (
  held: Held,
  command: Command,
  then: (contact: Contact) => Promise<boolean>,
): Promise<Tapped> => {
  const meeting = await held.radio.meet(held.token.evseId);
  try {
    const link = new Link(meeting.bearer, afterByTimer, PACE);
    const met = await Contact.begin(link, await carriedBy(held), command);
    if (!met.ok) return { said: 'no', why: met.error };
    return { said: 'done', isWhole: await then(met.value) };
  } finally {
    meeting.leave();
  }
};

/** Tells a charger that lost its clock what time it is, by its utility's word for this very contact. */
const setClock = (held: Held, gatewayUrl: string): Promise<Tapped> =>
  once(held, { kind: 'collect' }, async (contact) => {
    const { evseId, bootCounter, monotonicMs } = contact.challenge;
    await contact.give('time', await askTime(gatewayUrl, { evseId, bootCounter, monotonicMs }));
    await contact.end();
    return true;
  });

/** The contacts that it takes to do one thing; a lost clock takes two more. What is exchanged beside may be cut off: it is exchanged the next time. */
const meet = async (held: Held, wish: Wish, command: Command): Promise<Tapped> => {
  const wanted = () =>
    once(held, command, async (contact) => {
      await keepSaid(wish, contact, held);
      return exchange(contact, held).then(
        () => true,
        (error: unknown) => {
          if (error instanceof LinkLost) return false;
          throw error;
        },
      );
    });
  const tapped = await wanted();
  if (wish === 'stop' && tapped.said === 'no') await keepOver(tapped.why, held);
  const { gatewayUrl } = held;
  if (tapped.said === 'done' || tapped.why.code !== 'CLOCK_LOST' || gatewayUrl === undefined) return tapped;
  const set = await setClock(held, gatewayUrl);
  return set.said === 'done' ? wanted() : set;
};

/** An answer came and could not be read: a session may have begun. */
const UNHEARD: readonly string[] = ['CHANNEL_BROKEN', 'ANSWER_MALFORMED'];

/** Puts aside what a session may come to, and lets it go when the charger starts none; when its answer is lost, that is not known. */
const startWithin = async (held: Held, energyWh: bigint, start: () => Promise<Tapped>): Promise<Tapped> => {
  const { credit, token } = held;
  const reserved = await credit.reserve(token, energyWh);
  if (!reserved.ok) return { said: 'no', why: reserved.error };
  const tapped = await start();
  const isRefused = tapped.said === 'no' && !UNHEARD.includes(tapped.why.code);
  if (isRefused && reserved.value?.isNew === true) await credit.release(reserved.value.reservation);
  return tapped;
};

/** The phone is held to the charger, and wants one thing of it. */
export const tap = (held: Held, wish: Wish): Promise<Tapped> => {
  const command = commandOf(wish, held);
  const contact = () => meet(held, wish, command);
  return command.kind === 'start' ? startWithin(held, command.energyWh, contact) : contact();
};
