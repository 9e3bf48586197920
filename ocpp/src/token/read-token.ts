import { parseCinEntry, readContractId } from '@roamgrid/domain';
import type { DriverToken } from '../model/token.ts';

/** Serials of card chips: 4, 7 or 10 bytes. Spec: ISO/IEC 14443-3, ISO/IEC 15693 (8 bytes). */
const CHIP_SERIAL = /^(?:[0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{16}|[0-9A-F]{20})$/;

const upper = (text: string): string => text.replace(/[a-z]/g, (letter) => letter.toUpperCase());

/** Readers write one serial with or without separators, in either case. */
const chipSerial = (text: string): string | undefined => {
  const plain = upper(text.replace(/[\s:-]/g, ''));
  return CHIP_SERIAL.test(plain) ? plain : undefined;
};

const cinOf = (text: string): DriverToken | undefined => {
  const cin = parseCinEntry(text);
  return cin.ok ? { type: 'cin', value: cin.value } : undefined;
};

const contractOf = (text: string): DriverToken | undefined => {
  const plain = text.trim();
  return readContractId(plain).ok ? { type: 'emaid', value: upper(plain) } : undefined;
};

const serialOf = (text: string): DriverToken | undefined => {
  const value = chipSerial(text);
  return value === undefined ? undefined : { type: 'rfid', value };
};

/**
 * What an id of 1.6 is, by its form: a CIN or its keypad alias when its check holds, a chip's serial when it is as long as one,
 * a contract's id when it reads as one. Anything else is what the card says, which home may know.
 */
export const tokenOfTag = (tag: string): DriverToken =>
  cinOf(tag) ?? serialOf(tag) ?? contractOf(tag) ?? { type: 'rfid', value: tag.trim() };

export interface IdToken {
  readonly idToken: string;
  readonly type: string;
}

/** Which vehicle it is proves nobody: such ids can be read by anyone and are not asked about. */
const NO_CREDENTIALS = new Set(['MacAddress', 'EVCCID', 'VIN', 'DirectPayment']);

/**
 * A token of 2.x. `undefined`: the station says that there is none. `invalid`: there is one that nobody may charge by.
 * Spec: OCPP 2.0.1 part 2, IdTokenEnumType; OCPP 2.1 appendix, IdTokenEnumStringType.
 */
export const tokenOf = ({ idToken, type }: IdToken): DriverToken | 'invalid' | undefined => {
  if (type === 'NoAuthorization') return undefined;
  if (NO_CREDENTIALS.has(type) || idToken.trim() === '') return 'invalid';
  if (type === 'eMAID') return cinOf(idToken) ?? { type: 'emaid', value: upper(idToken.trim()) };
  if (type === 'ISO14443' || type === 'ISO15693')
    return serialOf(idToken) ?? { type: 'rfid', value: idToken.trim() };
  return cinOf(idToken) ?? contractOf(idToken) ?? { type: 'app', value: idToken.trim() };
};
