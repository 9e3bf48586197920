import { base64UrlOf, fromBase64, utf8 } from '../bytes.ts';
import { hold, readable } from '../failure.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Primitives } from '../primitives.ts';
import { decimalText } from '../rating/fraction.ts';
import { exactly, object, perhaps, text, whole } from '../shape.ts';
import { rawSignature } from '../fabric/der.ts';
import type { DatedKey } from '../signature.ts';
import { P256 } from './meter-curves.ts';
import { openText, serialIn, type Statement } from './ocmf-text.ts';
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

/** Who signed a session's readings, and what the statement binds besides. */
export interface Metered {
  readonly key: DatedKey;
  /** Of a meter alone: its operator's word on the readings binds no consent. */
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
): Promise<string | undefined> => {
  const told = exactly(
    statement,
    'the statement',
    ['form', 'gateway', 'meter', 'page', 'signature'],
    ['tariffText'],
  );
  const gateway = exactly(told['gateway'], 'the gateway', ['model', 'serial', 'version']);
  const meter = exactly(told['meter'], 'the meter', ['firmware', 'model', 'serial', 'vendor']);
  const tariffText = perhaps(told['tariffText'], 'the tariff’s text', text);
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
  hold(key.curve === P256, `facts are of meters that sign on ${P256}, and this one’s key is on ${key.curve}`);
  const signature = rawSignature(fromBase64(text(told['signature'], 'the meter’s signature')));
  hold(
    await primitives.verify(key.point, signature, utf8(signed)),
    'the meter did not sign these readings for this session',
  );
  return tariffText;
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
): Promise<string | undefined> => {
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
  return ended.tariffText;
};

/** The meter that an end statement names, before anything is verified of it. */
const serialOf = (statement: JsonObject): Json | undefined =>
  statement['form'] === 'facts'
    ? object(statement['meter'], 'the meter')['serial']
    : serialIn(text(statement['end'], 'the end statement'));

/** The key that an end is to be verified by, of those that counted at the outlet when the session opened. @throws Unreadable */
export const signerOf = ({ statement }: Close, keys: readonly DatedKey[]): DatedKey | undefined => {
  const serial = serialOf(object(statement, 'the statement'));
  return keys.find(({ meterId }) => meterId === serial);
};

/**
 * That the outlet's meter, or its operator, signed the first and the last reading for this session.
 * @param keys those of the outlet when the session opened
 * @throws Failed, Unreadable
 */
export const requireMetered = async (
  primitives: Primitives,
  close: Close,
  evseId: string,
  keys: readonly DatedKey[],
): Promise<Metered> => {
  for (const { clock, errorFlags } of close.readings.slice(1, -1))
    hold(clock === undefined && errorFlags === undefined, 'a reading that no meter signed claims its flags');
  const statement = object(close.statement, 'the statement');
  hold(statement['form'] === 'facts' || statement['form'] === 'ocmf', 'the statement is of no known form');
  const key = signerOf(close, keys);
  hold(key !== undefined, 'the outlet had no key of the statement’s meter when the session opened');
  const by = statement['form'] === 'facts' ? byFacts : byTexts;
  const tariffText = await by(primitives, close, statement, evseId, key);
  return { key, tariffText: key.signedBy === 'meter' ? tariffText : undefined };
};

/** Text that a meter signs to bind a consent. */
export const bindingOf = ({ sha256 }: Primitives, consentText: string): string =>
  `roamgrid-consent ${base64UrlOf(sha256(utf8(consentText)))}`;
