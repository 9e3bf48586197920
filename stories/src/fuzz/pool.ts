import type { Dice } from './dice.ts';

const MOST_OF_A_NAME = 60;
const LONGEST = 300;

/**
 * What the system said by itself, by the name of the member that said it: ids, hashes and times that exist, so that an input
 * reaches further than the first look-up.
 */
export class Pool {
  readonly #values = new Map<string, unknown[]>();

  add(name: string, value: unknown): void {
    const known = this.#values.get(name) ?? [];
    if (known.includes(value)) return;
    known.push(value);
    if (known.length > MOST_OF_A_NAME) known.shift();
    this.#values.set(name, known);
  }

  /** Takes what an answer says. */
  learn(answer: unknown, name = ''): void {
    if (Array.isArray(answer)) for (const item of answer.slice(0, 20)) this.learn(item, name);
    else if (typeof answer === 'object' && answer !== null) {
      for (const [member, value] of Object.entries(answer)) this.learn(value, member);
    } else if (typeof answer === 'number') this.add(name, answer);
    else if (typeof answer === 'string' && answer !== '' && answer.length <= LONGEST) this.add(name, answer);
  }

  draw(name: string, dice: Dice): unknown {
    return dice.pickAny(this.#values.get(name) ?? []);
  }

  /** A copy of a value in which some of what the system knows stands at its names. */
  filled(value: unknown, dice: Dice, name = ''): unknown {
    if (Array.isArray(value)) return value.map((item) => this.filled(item, dice, name));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([member, item]) => [member, this.filled(item, dice, member)]),
      );
    }
    const known = dice.percent(50) ? this.draw(name, dice) : undefined;
    return typeof known === typeof value ? known : value;
  }
}
