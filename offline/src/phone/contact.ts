import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { isBytes, itemsOf, type CborValue } from '../cbor/cbor.ts';
import type { Channel } from '../handshake/channel.ts';
import type { Command } from '../handshake/command.ts';
import { MESSAGE, type Challenge } from '../handshake/messages.ts';
import { greet, prove, readChallengeOf, type ChallengeError } from '../handshake/phone.ts';
import type { Link } from '../link/link.ts';
import { readVersions } from '../place/diagnosis.ts';
import { readRunning, type SaidRunning } from './said.ts';
import type { Signer, Suite } from '../suite/suite.ts';
import type { IssuerList } from '../token/issuer-list.ts';

/** What a phone brings to a contact. */
export interface Carried {
  readonly suite: Suite;
  readonly token: Uint8Array;
  readonly holder: Signer;
  readonly members: IssuerList;
  /** The phone's own clock, seconds since 1970. */
  readonly nowS: number;
  /** The outlet that the driver stands at. */
  readonly evseId: string;
}

/** A charger said no, with its reason. */
export type ChargerRefusal = DomainError;
export type ContactError = ChallengeError | ChargerRefusal;

/** What a phone may carry for others: it cannot read it. */
export interface CarriedRecord {
  /** Whose it is when it is a neighbour's of the charger that handed it over. */
  readonly evseId?: string;
  readonly number: number;
  readonly bytes: Uint8Array;
}

const readAnswer = (value: CborValue): Result<readonly CborValue[], ChargerRefusal> => {
  const [kind, word, ...more] = itemsOf(value);
  if (kind === MESSAGE.answer && word === 'accepted') return ok(more);
  const [code, message] = more;
  if (
    kind === MESSAGE.answer &&
    word === 'refused' &&
    typeof code === 'string' &&
    typeof message === 'string'
  )
    return err({ code, message });
  return err({ code: 'ANSWER_MALFORMED', message: 'the charger says what this phone does not understand' });
};

/** A contact with a charger that both believe in; it says one thing at a time. */
export class Contact {
  readonly challenge: Challenge;
  /** What the charger answered to what was wanted first. */
  readonly answer: readonly CborValue[];
  readonly #link: Link;
  readonly #channel: Channel;

  private constructor(link: Link, channel: Channel, challenge: Challenge, answer: readonly CborValue[]) {
    this.#link = link;
    this.#channel = channel;
    this.challenge = challenge;
    this.answer = answer;
  }

  /** Meets a charger and says what is wanted. @throws LinkLost when the phone is taken away before the answer */
  static async begin(link: Link, carried: Carried, command: Command): Promise<Result<Contact, ContactError>> {
    const { suite, token, holder } = carried;
    const greeting = await greet(suite);
    await link.send(greeting.hello);
    const met = await readChallengeOf(suite, greeting, await link.receive(), carried);
    if (!met.ok) {
      link.close();
      return met;
    }
    const { channel, challenge } = met.value;
    await link.send(await prove(suite, met.value, token, holder, command));
    const opened = await channel.open(await link.receive());
    const answer = opened.ok ? readAnswer(opened.value) : opened;
    return answer.ok ? ok(new Contact(link, channel, challenge, answer.value)) : answer;
  }

  /**
   * Takes records until there is none, and says of each that it has it once `keep` returned.
   * @param whose the charger's `own`, or `all` that it has: those of its neighbours name their outlet
   * @returns how many
   */
  async take(keep: (record: CarriedRecord) => Promise<void>, whose: 'own' | 'all' = 'own'): Promise<number> {
    for (let taken = 0; ; taken += 1) {
      const [word, number, bytes, of] = await this.ask(whose === 'all' ? ['take', 'all'] : ['take']);
      if (word !== 'record' || typeof number !== 'number' || !isBytes(bytes)) return taken;
      const neighbour = typeof of === 'string' ? of : undefined;
      await keep({ number, bytes, ...(neighbour !== undefined && { evseId: neighbour }) });
      await this.ask(neighbour === undefined ? ['kept', number] : ['kept', number, neighbour]);
    }
  }

  /** Gives the charger a word of its utility. */
  async give(
    kind: 'issuers' | 'receipt' | 'time' | 'rules' | 'slots' | 'unavailable' | 'caps',
    word: Uint8Array,
  ): Promise<Result<undefined, ChargerRefusal>> {
    const answer = await this.ask([kind, word]);
    if (answer[0] === 'noted') return ok(undefined);
    const read = readAnswer(answer);
    return read.ok ? ok(undefined) : read;
  }

  /** Versions of its utility's words that hold at the charger, by their kinds. */
  async standing(): Promise<ReadonlyMap<string, number>> {
    const [word, versions] = await this.ask(['standing']);
    return readVersions(word === 'standing' ? versions : undefined);
  }

  /** How the session stands that this phone started there; undefined when it runs none. */
  async running(): Promise<SaidRunning | undefined> {
    return readRunning(await this.ask(['running']));
  }

  /** What holds there and what the charger's utility wants to know of it, sealed for it; undefined before it said anything to it. */
  async diagnosed(): Promise<Uint8Array | undefined> {
    const [word, sealed] = await this.ask(['diagnose']);
    return word === 'diagnosed' && isBytes(sealed) ? sealed : undefined;
  }

  /** Ends it as friends. */
  async end(): Promise<void> {
    await this.#link.send(await this.#channel.seal(['bye']));
    this.#link.close();
  }

  /** Says one thing. @returns what the charger answers @throws LinkLost when the phone is taken away before */
  async ask(what: CborValue): Promise<readonly CborValue[]> {
    await this.#link.send(await this.#channel.seal(what));
    const answer = await this.#channel.open(await this.#link.receive());
    if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
    return itemsOf(answer.value);
  }
}
