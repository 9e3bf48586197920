import { base64UrlOf, fromBase64, fromHex, utf8 } from '../bytes.ts';
import { hold, readable } from '../failure.ts';
import { parse, type JsonObject } from '../json.ts';
import type { Primitives } from '../primitives.ts';
import { decimal, decimalText, over, times } from '../rating/fraction.ts';
import { exactly, object, perhaps, text, whole } from '../shape.ts';
import { rawSignature } from '../fabric/der.ts';
import type { DatedKey } from '../signature.ts';
import type { Close, MeterReading } from './settled.ts';

/** What the meter signed: formed again from facts for our own meters, read as it stands for any other. Spec: OCMF 1.4. */

const MILLI_WH_PLACES = 6;
const LEAST_PLACES = 4;

const timeText = (atMs: number, clock: string): string => {
  const iso = new Date(atMs).toISOString();
  return `${iso.slice(0, 19)},${iso.slice(20, 23)}+0000 ${clock}`;
};

const registerText = (milliWh: bigint): string => {
  const shown = decimalText(milliWh, MILLI_WH_PLACES);
  const [before = '', after = ''] = shown.split('.');
  return `${before}.${after.padEnd(LEAST_PLACES, '0')}`;
};

const readingText = ({ atMs, registerMilliWh, clock, errorFlags }: MeterReading, mark: 'B' | 'E'): string =>
  [
    `{"TM":${JSON.stringify(timeText(atMs, clock ?? 'S'))}`,
    `"TX":"${mark}"`,
    `"RV":${registerText(registerMilliWh)}`,
    '"RI":"1-b:1.8.0","RU":"kWh","RT":"AC"',
    `"EF":"${errorFlags ?? ''}"`,
    '"ST":"G"}',
  ].join(',');

/** What a meter's statement binds besides its readings. */
export interface Metered {
  readonly tariffText: string | undefined;
}

const endsOf = ({ readings }: Close): readonly [MeterReading, MeterReading] => {
  const last = readings.at(-1);
  return [readings[0], last ?? readings[0]];
};

const byFacts = async (
  primitives: Primitives,
  close: Close,
  statement: JsonObject,
  evseId: string,
  key: DatedKey,
): Promise<Metered> => {
  const told = exactly(
    statement,
    'the statement',
    ['form', 'gateway', 'meter', 'page', 'signature'],
    ['tariffText'],
  );
  const gateway = exactly(told['gateway'], 'the gateway', ['model', 'serial', 'version']);
  const meter = exactly(told['meter'], 'the meter', ['firmware', 'model', 'serial', 'vendor']);
  const tariffText = perhaps(told['tariffText'], 'the tariff’s text', text);
  hold(meter['serial'] === key.meterId, 'the statement is of another meter than the outlet’s');
  const [first, last] = endsOf(close);
  const head = JSON.stringify({
    FV: '1.1',
    GI: gateway['model'],
    GS: gateway['serial'],
    GV: gateway['version'],
    PG: `T${whole(told['page'], 'the page')}`,
    MV: meter['vendor'],
    MM: meter['model'],
    MS: meter['serial'],
    MF: meter['firmware'],
    IS: false,
    IL: 'NONE',
    IF: ['RFID_NONE', 'OCPP_NONE', 'ISO15118_NONE', 'PLMN_NONE'],
    IT: 'CENTRAL',
    ID: close.sessionId,
    ...(tariffText !== undefined && { TT: tariffText }),
    CT: 'EVSEID',
    CI: evseId,
  });
  const signed = `${head.slice(0, -1)},"RD":[${readingText(first, 'B')},${readingText(last, 'E')}]}`;
  readable(!signed.includes('|'), 'a field of the statement parts its sections');
  const signature = rawSignature(fromBase64(text(told['signature'], 'the meter’s signature')));
  hold(
    await primitives.verify(key.point, signature, utf8(signed)),
    'the meter did not sign these readings for this session',
  );
  return { tariffText };
};

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

interface Statement {
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

const openText = async (primitives: Primitives, ocmf: string, key: DatedKey): Promise<Statement> => {
  const [head, payloadText = '', signatureText = '', ...more] = ocmf.split('|');
  readable(head === 'OCMF' && more.length === 0, 'a meter’s statement is not OCMF');
  const { SA, SE, SD } = object(parse(signatureText), 'a statement’s signature');
  hold(
    SA === undefined || SA === 'ECDSA-secp256r1-SHA256',
    'a statement is signed by what the ledger has no keys for',
  );
  const told = text(SD, 'a statement’s signature');
  const bytes = SE === 'base64' ? fromBase64(told) : fromHex(told.toLowerCase());
  // Two bare numbers of 32 bytes are met in the field.
  const raw = bytes.length === 64 ? bytes : rawSignature(bytes);
  hold(await primitives.verify(key.point, raw, utf8(payloadText)), 'the meter did not sign this statement');
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

const BEGIN = ['B'];
const END = ['E', 'L', 'R', 'A', 'P'];

/** Requires that the statement says the reading; gives the register that it is of. */
const requireStated = (
  { readings }: Statement,
  marks: readonly string[],
  others: readonly string[],
  reading: MeterReading,
  what: string,
): number => {
  const ranks = (side: readonly string[]): readonly number[] =>
    readings.flatMap(({ mark, register }) =>
      side.includes(mark) && register !== undefined ? [register] : [],
    );
  const here = [...new Set(ranks(marks))].sort((a, b) => a - b);
  const register = here.find((rank) => ranks(others).includes(rank)) ?? here[0];
  const found = readings.filter((each) => marks.includes(each.mark) && each.register === register);
  const [stated] = found;
  hold(register !== undefined && stated !== undefined && found.length === 1, `the meter states no ${what}`);
  const until = readings.slice(0, readings.indexOf(stated) + 1);
  const flags = until.map(({ flags: each }) => each).join('');
  hold(stated.status === 'G' && /^t*$/.test(flags), `the meter says that its ${what} cannot be used`);
  hold(
    !until.some(({ mark, flags: each }) => mark === 'X' && each === ''),
    `the meter tells of an error before its ${what}`,
  );
  hold(
    stated.milliWh === reading.registerMilliWh &&
      stated.atMs === reading.atMs &&
      stated.clock === (reading.clock ?? 'S') &&
      (flags === '' ? '' : 't') === (reading.errorFlags ?? ''),
    `the ${what} is not the one that the meter signed`,
  );
  return register;
};

const byTexts = async (
  primitives: Primitives,
  close: Close,
  statement: JsonObject,
  evseId: string,
  key: DatedKey,
): Promise<Metered> => {
  const { start, end } = exactly(statement, 'the statement', ['end', 'form'], ['start']);
  const ended = await openText(primitives, text(end, 'the end statement'), key);
  const began =
    start === undefined ? ended : await openText(primitives, text(start, 'the start statement'), key);
  for (const each of [began, ended]) {
    hold(
      each.serial === key.meterId && (each.evseId ?? evseId) === evseId,
      'a statement is of another outlet',
    );
    hold((each.sessionId ?? close.sessionId) === close.sessionId, 'a statement is for another session');
  }
  hold(began === ended || began.page < ended.page, 'the meter signed the end before the start');
  const [first, last] = endsOf(close);
  const one = requireStated(began, BEGIN, END, first, 'begin');
  const other = requireStated(ended, END, BEGIN, last, 'end');
  hold(one === other, 'begin and end are of two registers');
  return { tariffText: ended.tariffText };
};

/** That the outlet's meter signed the first and the last reading for this session. @throws Failed, Unreadable */
export const requireMetered = async (
  primitives: Primitives,
  close: Close,
  evseId: string,
  key: DatedKey,
): Promise<Metered> => {
  for (const { clock, errorFlags } of close.readings.slice(1, -1))
    hold(clock === undefined && errorFlags === undefined, 'a reading that no meter signed claims its flags');
  const statement = object(close.statement, 'the statement');
  hold(statement['form'] === 'facts' || statement['form'] === 'ocmf', 'the statement is of no known form');
  return statement['form'] === 'facts'
    ? byFacts(primitives, close, statement, evseId, key)
    : byTexts(primitives, close, statement, evseId, key);
};

/** Text that a meter signs to bind a consent. */
export const bindingOf = ({ sha256 }: Primitives, consentText: string): string =>
  `roamgrid-consent ${base64UrlOf(sha256(utf8(consentText)))}`;
