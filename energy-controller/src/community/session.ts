import { sharedSecret, seal, unseal, type SessionKey } from './envelope.ts';
import { addNumbers, dealShares, openShares } from './shares.ts';
import { decodeNumbers, encodeNumbers } from './field.ts';
import type { Post } from './post.ts';

/** Why houses did not agree this time. What was agreed before goes on. */
export type Kept =
  | 'TOO_FEW_HOUSES'
  | 'HOUSE_SILENT'
  | 'MESSAGE_UNREADABLE'
  | 'SHARES_CONTRADICT'
  | 'CLAIM_UNPROVEN'
  | 'CLAIMS_ABOVE_CONNECTION'
  | 'AGREEMENT_OLD';

export class NotAgreed extends Error {
  readonly code: Kept;

  constructor(code: Kept, detail: string) {
    super(detail);
    this.code = code;
  }
}

export interface SessionParts {
  readonly post: Post;
  readonly agreement: number;
  readonly session: string;
  /** All that take part, itself too, in one order. */
  readonly houses: readonly string[];
  readonly self: string;
  readonly timeoutMs: number;
}

/** Messages of all to all, in step: nobody goes on before it has heard all others. */
export class Session {
  readonly #parts: SessionParts;
  readonly #secrets: ReadonlyMap<string, Buffer>;

  /** @throws NotAgreed for a key that is none */
  constructor(parts: SessionParts, own: SessionKey, keys: ReadonlyMap<string, string>) {
    this.#parts = parts;
    try {
      this.#secrets = new Map(this.others.map((house) => [house, sharedSecret(own, keys.get(house) ?? '')]));
    } catch (error) {
      throw new NotAgreed('MESSAGE_UNREADABLE', `a house has sent no key: ${String(error)}`);
    }
  }

  get others(): readonly string[] {
    return this.#parts.houses.filter((house) => house !== this.#parts.self);
  }

  /** What every house says in a phase, in the order of the houses. @throws NotAgreed when one is silent */
  async say(phase: string, bodyFor: (house: string) => Uint8Array): Promise<readonly Uint8Array[]> {
    const { post, houses, self, agreement, session, timeoutMs } = this.#parts;
    const message = { agreement, session, phase };
    const signal = AbortSignal.timeout(timeoutMs);
    const sent = this.others.map((house) => post.send(house, message, bodyFor(house), timeoutMs));
    const heard = await Promise.all(
      houses.map((house) =>
        house === self ? Promise.resolve(bodyFor(house)) : post.receive(message, house, signal),
      ),
    );
    await Promise.all(sent);
    return heard.map((body, at) => {
      if (body === undefined) throw new NotAgreed('HOUSE_SILENT', `${houses[at]} says nothing in ${phase}`);
      return body;
    });
  }

  /** Numbers that all houses say to all. */
  async sayNumbers(phase: string, numbers: readonly bigint[]): Promise<readonly (readonly bigint[])[]> {
    const said = encodeNumbers(numbers);
    return this.#numbers(phase, await this.say(phase, () => said), numbers.length);
  }

  /** Deals own numbers in shares, each for one house alone, and has the shares that the others deal. */
  async deal(phase: string, numbers: readonly bigint[]): Promise<readonly (readonly bigint[])[]> {
    const { houses, self, session } = this.#parts;
    const shares = dealShares(numbers, houses.length).map(encodeNumbers);
    const about = (from: string, to: string): string => JSON.stringify([phase, from, to]);
    const heard = await this.say(phase, (house) => {
      const share = shares[houses.indexOf(house)] ?? new Uint8Array();
      const secret = this.#secrets.get(house);
      return secret === undefined ? share : seal(secret, session, about(self, house), share);
    });
    const plain = heard.map((body, at) => {
      const house = houses[at] ?? '';
      const secret = this.#secrets.get(house);
      return secret === undefined ? body : unseal(secret, session, about(house, self), body);
    });
    return this.#numbers(phase, plain, numbers.length);
  }

  /** The sum of all houses' numbers; of a single house's nobody learns anything. */
  async sum(phase: string, numbers: readonly bigint[]): Promise<readonly bigint[]> {
    const shares = await this.deal(`${phase}-shares`, numbers);
    return this.open(`${phase}-sum`, shares.reduce(addNumbers));
  }

  /** Opens what every house holds a share of. @throws NotAgreed when the shares contradict each other */
  async open(phase: string, share: readonly bigint[]): Promise<readonly bigint[]> {
    const opened = openShares(await this.sayNumbers(phase, share));
    if (opened === undefined)
      throw new NotAgreed('SHARES_CONTRADICT', `a house says a wrong share in ${phase}`);
    return opened;
  }

  #numbers(
    phase: string,
    bodies: readonly (Uint8Array | undefined)[],
    count: number,
  ): readonly (readonly bigint[])[] {
    return bodies.map((body, at) => {
      const numbers = body === undefined ? undefined : decodeNumbers(body, count);
      if (numbers === undefined)
        throw new NotAgreed('MESSAGE_UNREADABLE', `${this.#parts.houses[at]} cannot be read in ${phase}`);
      return numbers;
    });
  }
}
