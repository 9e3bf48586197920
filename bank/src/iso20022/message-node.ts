import { currencyCode, parseMinor, type CurrencyCode, type MinorAmount } from '@roamgrid/domain';
import type { XmlElement } from '../xml/read-xml.ts';

/** A message that is not what its namespace says, with the place. */
export class MessageFault extends Error {
  override readonly name = 'MessageFault';
}

/** Places that are told of elements nobody read. */
const MAX_UNREAD = 100;
/** Spec: ISO 20022 amounts have at most 18 digits. */
const DECIMAL = /^[+]?(\d*)(?:\.(\d*))?$/;
const MAX_DIGITS = 18;

/**
 * An element of a message as its reader walks it. What the reader never asks for is not lost without a word: `unread`
 * names it, once for each place.
 */
export class MessageNode {
  readonly #element: XmlElement;
  readonly #path: string;
  readonly #children = new Map<string, MessageNode[]>();
  readonly #asked = new Set<string>();
  #isTextRead = false;

  constructor(element: XmlElement, path: string = element.name) {
    this.#element = element;
    this.#path = path;
    for (const child of element.children) {
      const own = child.namespace === element.namespace ? child.name : `{${child.namespace}}${child.name}`;
      const node = new MessageNode(child, `${path}/${own}`);
      this.#children.set(own, [...(this.#children.get(own) ?? []), node]);
    }
  }

  fault(what: string): MessageFault {
    return new MessageFault(`${this.#path}: ${what}`);
  }

  all(name: string): readonly MessageNode[] {
    this.#asked.add(name);
    return this.#children.get(name) ?? [];
  }

  maybe(name: string): MessageNode | undefined {
    const found = this.all(name);
    if (found.length > 1) throw this.fault(`${name} stands ${found.length} times, it may stand once`);
    return found[0];
  }

  one(name: string): MessageNode {
    const found = this.maybe(name);
    if (found === undefined) throw this.fault(`${name} is missing`);
    return found;
  }

  /** The element down a path of names, or undefined where one is missing. */
  down(...names: readonly string[]): MessageNode | undefined {
    return names.reduce<MessageNode | undefined>((node, name) => node?.maybe(name), this);
  }

  /** Own text; more than `maxLength` characters are refused. */
  text(maxLength: number): string {
    this.#isTextRead = true;
    const { text, children } = this.#element;
    if (children.length > 0) throw this.fault('elements where a text is expected');
    if (text === '') throw this.fault('the text is empty');
    if (text.length > maxLength) throw this.fault(`the text has more than ${maxLength} characters`);
    return text;
  }

  textOf(name: string, maxLength: number): string | undefined {
    return this.maybe(name)?.text(maxLength);
  }

  /** Spec: XML Schema boolean has four spellings. */
  boolean(): boolean {
    const text = this.text(5);
    if (text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
    throw this.fault(`${JSON.stringify(text)} is neither true nor false`);
  }

  oneOf<T extends string>(allowed: readonly T[]): T {
    const text = this.text(35);
    const found = allowed.find((each) => each === text);
    if (found === undefined) throw this.fault(`${JSON.stringify(text)} is none of ${allowed.join(', ')}`);
    return found;
  }

  /** An amount with its currency, in whole smallest units: more places than the currency has are refused unless zeros. */
  amount(): MinorAmount {
    const code = this.#element.attributes.get('Ccy');
    if (code === undefined) throw this.fault('the currency is missing');
    const currency = currencyCode(code);
    if (!currency.ok) throw this.fault(currency.error.message);
    return this.decimal(currency.value);
  }

  decimal(currency: CurrencyCode): MinorAmount {
    const text = this.text(40);
    const [, whole = '', fraction = ''] = DECIMAL.exec(text) ?? [];
    if (whole + fraction === '') throw this.fault(`${JSON.stringify(text)} is no amount`);
    const digits = `${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
    if (digits.replace('.', '').replace(/^0+/, '').length > MAX_DIGITS)
      throw this.fault('the amount has more than 18 digits');
    const amount = parseMinor(digits, currency);
    if (!amount.ok) throw this.fault(amount.error.message);
    return amount.value;
  }

  /** Places with something that was not asked for. */
  unread(): readonly string[] {
    const found = new Set<string>();
    this.#collectUnread(found);
    return [...found];
  }

  #collectUnread(found: Set<string>): void {
    for (const [name, nodes] of this.#children) {
      if (found.size >= MAX_UNREAD) return;
      if (!this.#asked.has(name)) found.add(`${this.#path}/${name}`);
      else for (const node of nodes) node.#collectUnread(found);
    }
    if (!this.#isTextRead && this.#element.text !== '' && this.#children.size === 0) found.add(this.#path);
  }
}

/** `2026-08-03`, also where a bank gives a time with it. */
export const dayOf = (node: MessageNode | undefined): string | undefined => {
  if (node === undefined) return undefined;
  const text = (node.maybe('Dt') ?? node.maybe('DtTm'))?.text(40);
  if (text === undefined) throw node.fault('neither a day nor a time');
  const day = /^\d{4}-\d{2}-\d{2}/.exec(text)?.[0];
  if (day === undefined || Number.isNaN(Date.parse(day)))
    throw node.fault(`${JSON.stringify(text)} is no day`);
  return day;
};

/** An instant; without an offset it is read as UTC, for banks leave it out. Spec: ISODateTime. */
export const instantOf = (node: MessageNode): number => {
  const text = node.text(40);
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?$/.test(text))
    throw node.fault(`${JSON.stringify(text)} is no time`);
  const isZoned = /(?:Z|[+-]\d{2}:\d{2})$/.test(text);
  const atMs = Date.parse(isZoned ? text : `${text}Z`);
  if (Number.isNaN(atMs)) throw node.fault(`${JSON.stringify(text)} is no time`);
  return atMs;
};
