import { fromBase64, fromHex, utf8 } from '../bytes.ts';
import { rawSignature, TAG } from '../fabric/der.ts';
import { hold, readable } from '../failure.ts';
import { parse, type Json, type JsonObject } from '../json.ts';
import type { Primitives } from '../primitives.ts';
import { decimal, over, times } from '../rating/fraction.ts';
import { object, perhaps, text } from '../shape.ts';
import type { DatedKey } from '../signature.ts';
import { bytesOfCurve, curveOfAlgorithm, verifyMeter } from './meter-curves.ts';

/** Whole statements of any meter, read as they stand. Spec: OCMF 1.4. */

/** Registers of imported energy, the one that counts first. Spec: OCMF 1.4, table 25. */
const REGISTERS = [
  /^b1\.0?8\.0?0([*.](?:ff|255))?$/,
  /^b3\.0?8\.0?0([*.](?:ff|255))?$/,
  /^0?1\.0?8\.(?:0?0|e)([*.](?:ff|255))?$/,
  /^0?1\.0?8\.0?0\*198$/,
  /^b0\.0?8\.0?0([*.](?:ff|255))?$/,
  /^b2\.0?8\.0?0([*.](?:ff|255))?$/,
];

interface Stated {
  readonly atMs: number;
  readonly clock: string;
  readonly mark: string;
  readonly milliWh: bigint | undefined;
  /** Which register, by its rank; undefined for another quantity. */
  readonly register: number | undefined;
  readonly flags: string;
  readonly status: string;
}

const stampOf = (time: string): { readonly atMs: number; readonly clock: string } => {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d),(\d{3})([+-]\d\d):?(\d\d) ([UISR])$/.exec(time);
  const [, before = '', ms = '', hours = '', minutes = '', clock = ''] = match ?? [];
  const atMs = Date.parse(`${before}.${ms}${hours}:${minutes}`);
  hold(Number.isSafeInteger(atMs), 'the statement has a time that is none');
  return { atMs, clock };
};

const NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Numbers as texts: a register's places must not pass through a float. */
const numbersAsTexts = (json: string): string =>
  json.replace(NUMBER, (token) => (token.startsWith('"') ? token : `"${token}"`));

const PER_UNIT: Readonly<Record<string, bigint>> = { kWh: 1_000_000n, Wh: 1_000n };

const milliWhOf = (value: string, unit: string): bigint | undefined => {
  const milli = PER_UNIT[unit];
  const shown = decimal(value.trim());
  if (milli === undefined || shown === undefined) return undefined;
  const found = times(shown, over(milli));
  return found.d === 1n && found.n >= 0n ? found.n : undefined;
};

const registerOf = (obis: string): number | undefined => {
  const code = obis.toLowerCase();
  const medium = /^0?1-(?:b|0b|00?):/.exec(code)?.[0];
  if (medium === undefined) return undefined;
  const rank = REGISTERS.findIndex((pattern) => pattern.test(code.slice(medium.length)));
  return rank === -1 ? undefined : rank;
};

/** A statement whose signature was verified. */
export interface Statement {
  readonly page: number;
  readonly serial: string;
  readonly evseId: string | undefined;
  readonly sessionId: string | undefined;
  readonly tariffText: string | undefined;
  readonly readings: readonly Stated[];
}

const statedReadings = (payload: JsonObject): readonly Stated[] => {
  let before: JsonObject = {};
  const readings = payload['RD'];
  hold(Array.isArray(readings) && readings.length > 0, 'the statement has no reading');
  return (readings as readonly JsonObject[]).map((raw) => {
    const told = { ...before, ...raw };
    // Each field stands for the readings after it, but not the value.
    const { RV: value, ...lasting } = told;
    before = lasting;
    return {
      ...stampOf(text(told['TM'], 'a time')),
      mark: told['TX'] === undefined ? '' : text(told['TX'], 'a mark'),
      milliWh:
        value === undefined ? undefined : milliWhOf(text(value, 'a register'), text(told['RU'], 'a unit')),
      register: told['RI'] === undefined ? undefined : registerOf(text(told['RI'], 'a register')),
      flags: told['EF'] === undefined ? '' : text(told['EF'], 'a flag'),
      status: text(told['ST'], 'a status'),
    };
  });
};

/** @throws Failed, Unreadable */
export const openText = async (primitives: Primitives, ocmf: string, key: DatedKey): Promise<Statement> => {
  const [head, payloadText = '', signatureText = '', ...more] = ocmf.split('|');
  readable(head === 'OCMF' && more.length === 0, 'a meter’s statement is not OCMF');
  const { SA, SE, SD } = object(parse(signatureText), 'a statement’s signature');
  const curve = curveOfAlgorithm(SA === undefined ? undefined : text(SA, 'a signature’s algorithm'));
  hold(curve !== undefined, 'a statement is signed by what the ledger has no keys for');
  hold(curve === key.curve, `a statement is signed on ${curve}, and its meter’s key is on ${key.curve}`);
  const told = text(SD, 'a statement’s signature');
  const bytes = SE === 'base64' ? fromBase64(told) : fromHex(told.toLowerCase());
  // Two bare numbers of the curve's bytes are met in the field.
  const half = bytesOfCurve(curve) ?? 0;
  const isFramed = bytes[0] === TAG.sequence && bytes[1] === bytes.length - 2;
  const raw = !isFramed && bytes.length === 2 * half ? bytes : rawSignature(bytes, half);
  hold(await verifyMeter(primitives, key, raw, utf8(payloadText)), 'the meter did not sign this statement');
  const payload = object(parse(numbersAsTexts(payloadText)), 'a statement');
  const page = /^T(\d{1,15})$/.exec(text(payload['PG'], 'a page'));
  hold(page !== null, 'a statement is not of a transaction');
  const named = (name: string): string | undefined => perhaps(payload[name], name, text);
  return {
    page: Number(page[1]),
    serial: named('MS') ?? text(payload['GS'], 'a serial number'),
    evseId: named('CT') === 'EVSEID' ? named('CI') : undefined,
    sessionId: named('IT') === 'CENTRAL' ? named('ID') : undefined,
    tariffText: named('TT'),
    readings: statedReadings(payload),
  };
};

/** The meter that a text names, before anything is verified of it. */
export const serialIn = (ocmf: string): Json | undefined => {
  const [, payload = ''] = ocmf.split('|');
  const { MS, GS } = object(parse(numbersAsTexts(payload)), 'a statement');
  return MS ?? GS;
};
