import type { CborValue } from '../cbor/cbor.ts';
import { MESSAGE } from '../handshake/messages.ts';

/** What a charger answers to what a phone wants. */

export const accepted = (...items: readonly CborValue[]): CborValue => [MESSAGE.answer, 'accepted', ...items];

export const refused = (code: string, message: string): CborValue => [
  MESSAGE.answer,
  'refused',
  code,
  message,
];
