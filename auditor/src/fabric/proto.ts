import { readable, Unreadable } from '../failure.ts';
import { textOf, type Bytes } from '../bytes.ts';

/** Protocol buffers as they lie in bytes. Spec: protobuf.dev, "Encoding"; of the wire types only those that Fabric's messages have. */

type Field = number | Bytes;

const VARINT = 0;
const LENGTH = 2;

const NOTHING = new Uint8Array();

/** The fields of one message, in the order in which they stand. */
export class Message {
  readonly #fields = new Map<number, Field[]>();

  /** @throws Unreadable */
  constructor(bytes: Bytes) {
    let at = 0;
    const varint = (): number => {
      let value = 0;
      for (let worth = 1; worth < 2 ** 70; worth *= 128) {
        const byte = bytes[at];
        readable(byte !== undefined, 'a message ends inside a number');
        at += 1;
        value += (byte & 0x7f) * worth;
        if (byte < 0x80) return value;
      }
      throw new Unreadable('a number in a message does not end');
    };
    while (at < bytes.length) {
      const tag = varint();
      const number = Math.floor(tag / 8);
      const type = tag % 8;
      readable(type === VARINT || type === LENGTH, 'a message has a field of a kind that none has');
      const value = varint();
      let field: Field = value;
      if (type === LENGTH) {
        readable(value <= bytes.length - at, 'a message ends inside a field');
        field = bytes.subarray(at, at + value);
        at += value;
      }
      const known = this.#fields.get(number);
      if (known === undefined) this.#fields.set(number, [field]);
      else known.push(field);
    }
  }

  /** A field that stands once or not at all: of one that stands twice readers differ in what it says. @throws Unreadable */
  #one(field: number): Field | undefined {
    const [value, ...more] = this.#fields.get(field) ?? [];
    readable(more.length === 0, `a message has field ${field} twice where it means one`);
    return value;
  }

  /** Bytes of a field; empty when absent. */
  bytes(field: number): Bytes {
    const value = this.#one(field);
    return value instanceof Uint8Array ? value : NOTHING;
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  text(field: number): string {
    return textOf(this.bytes(field));
  }

  number(field: number): number {
    const value = this.#one(field);
    return typeof value === 'number' ? value : 0;
  }

  message(field: number): Message {
    return new Message(this.bytes(field));
  }

  list(field: number): readonly Bytes[] {
    return (this.#fields.get(field) ?? []).filter((value): value is Bytes => value instanceof Uint8Array);
  }

  messages(field: number): readonly Message[] {
    return this.list(field).map((bytes) => new Message(bytes));
  }

  /** A map field: entries are messages of key 1 and value 2. */
  map(field: number): ReadonlyMap<string, Bytes> {
    return new Map(this.messages(field).map((entry) => [entry.text(1), entry.bytes(2)]));
  }

  /** That there are no others: what nobody reads proves nothing. @throws Unreadable */
  requireOnly(...fields: readonly number[]): this {
    for (const field of this.#fields.keys())
      readable(fields.includes(field), `a message has field ${field}, which proves nothing`);
    return this;
  }
}
