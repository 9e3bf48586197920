import type { Reading } from './ocmf-facts.ts';

/** A statement of any meter, read from its whole text. Spec: OCMF 1.4, tables 1–8, 19 and 20. */
export interface Statement {
  readonly meterId: string;
  readonly evseId?: string;
  /** The session that the meter bound its record to. */
  readonly sessionId?: string;
  readonly tariffText?: string;
  /** Number of the record in the meter's transaction context. */
  readonly page: number;
  readonly readings: readonly RawReading[];
}

interface RawReading {
  readonly TM?: string;
  readonly TX?: string;
  readonly RV?: string;
  readonly RI?: string;
  readonly RU?: string;
  readonly EF?: string;
  readonly ST?: string;
}

interface Payload {
  readonly PG?: string;
  readonly GS?: string;
  readonly MS?: string;
  readonly IT?: string;
  readonly ID?: string;
  readonly TT?: string;
  readonly CT?: string;
  readonly CI?: string;
  readonly RD?: readonly RawReading[];
}

/** Registers are read as text, never through a float. */
const keepingRegisters = (payload: string): string =>
  payload.replace(/"RV"\s*:\s*(-?[\d.]+(?:[eE][+-]?\d+)?)/g, '"RV":"$1"');

/** Fields of the reading before stand in for those that a reading leaves out, except its register. */
const inherited = (readings: readonly RawReading[]): readonly RawReading[] => {
  let last: RawReading = {};
  return readings.map((reading) => {
    const whole = { ...last, ...reading };
    const { RV: _register, ...rest } = whole;
    last = rest;
    return whole;
  });
};

/** Reads a statement without trusting it; undefined for what is not a transaction's. */
export function statementOf(text: string): Statement | undefined {
  const { PG, GS, MS, IT, ID, TT, CT, CI, RD } = JSON.parse(
    keepingRegisters(text.split('|')[1] ?? ''),
  ) as Payload;
  const meterId = MS ?? GS;
  const [, page] = /^T(0|[1-9]\d{0,14})$/.exec(PG ?? '') ?? [];
  if (meterId === undefined || page === undefined || RD === undefined) return undefined;
  return {
    meterId,
    page: Number(page),
    readings: inherited(RD),
    ...(CT === 'EVSEID' && CI !== undefined && { evseId: CI }),
    ...(IT === 'CENTRAL' && ID !== undefined && { sessionId: ID }),
    ...(TT !== undefined && { tariffText: TT }),
  };
}

/** Import registers, the one that counts first: at the car before at the meter. Spec: OCMF 1.4, table 25. */
const REGISTERS = [
  /^0?1-(b|0b|00?):b1\.0?8\.0?0([*.](ff|255))?$/i,
  /^0?1-(b|0b|00?):b3\.0?8\.0?0([*.](ff|255))?$/i,
  /^0?1-(b|0b|00?):0?1\.0?8\.(0?0|e)([*.](ff|255))?$/i,
  /^0?1-(b|0b|00?):0?1\.0?8\.0?0\*198$/i,
  /^0?1-(b|0b|00?):b0\.0?8\.0?0([*.](ff|255))?$/i,
  /^0?1-(b|0b|00?):b2\.0?8\.0?0([*.](ff|255))?$/i,
] as const;
/** Readings of the register that counts on one side; a register that both sides have goes before. */
function counting(
  readings: readonly RawReading[],
  side: 'begin' | 'end',
): { readonly found: readonly RawReading[]; readonly register: number } {
  const of = (register: RegExp, which: 'begin' | 'end') =>
    readings.filter(({ RI = '', TX = '' }) => register.test(RI) && TRANSACTION[which].test(TX));
  const here = REGISTERS.filter((register) => of(register, side).length > 0);
  const register = here.find((each) => of(each, side === 'begin' ? 'end' : 'begin').length > 0) ?? here[0];
  return register === undefined
    ? { found: [], register: -1 }
    : { found: of(register, side), register: REGISTERS.indexOf(register) };
}

const TRANSACTION = { begin: /^B$/, end: /^[ELRAP]$/ } as const;
// check-allow number-money: decimal places of a milliwatt-hour, keyed by the unit that they belong to
const PLACES: Readonly<Record<string, number>> = { kWh: 6, Wh: 3 };

/** A register in milliwatt-hours; undefined for another quantity and for what is finer. */
function milliWhOf({ RV = '', RU = '' }: RawReading): bigint | undefined {
  const places = PLACES[RU];
  const [, whole, fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(RV.trim()) ?? [];
  if (places === undefined || whole === undefined || /[1-9]/.test(fraction.slice(places))) return undefined;
  return BigInt(whole + fraction.slice(0, places).padEnd(places, '0'));
}

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d),(\d{3})([+-]\d\d):?(\d\d) ([UISR])$/;

/** Flags that stand at a reading, for an error stays from there on; undefined when its energy cannot be billed. */
function flagsOf(readings: readonly RawReading[]): '' | 't' | undefined {
  const flags = readings.map(({ EF = '' }) => EF).join('');
  if (/[^t]/.test(flags) || readings.some(({ TX, EF = '' }) => TX === 'X' && EF === '')) return undefined;
  return flags === '' ? '' : 't';
}

/**
 * Which register the statement says of one side of a session what the ledger has of it: energy, time, clock and flags.
 * Undefined when it says something else.
 */
export function saysReading(
  { readings }: Statement,
  side: 'begin' | 'end',
  { atMs, registerMilliWh, clock, errorFlags }: Reading,
): number | undefined {
  const { found, register } = counting(readings, side);
  const [reading] = found;
  if (reading === undefined || found.length > 1 || reading.ST !== 'G') return undefined;
  const [, local = '', ms = '', hours = '', minutes = '', sync] = TIME.exec(reading.TM ?? '') ?? [];
  const isSaid =
    milliWhOf(reading) === BigInt(registerMilliWh) &&
    Date.parse(`${local}.${ms}${hours}:${minutes}`) === atMs &&
    sync === (clock ?? 'S') &&
    flagsOf(readings.slice(0, readings.indexOf(reading) + 1)) === (errorFlags ?? '');
  return isSaid ? register : undefined;
}
