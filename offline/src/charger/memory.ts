import { encodeCbor, isBytes, itemsOf, listOf, type CborValue } from '../cbor/cbor.ts';
import { checked, readChecked, type Flash } from './flash.ts';
import type { Evidence } from '../handshake/charger.ts';
import { dayValue, NO_DAY, readDay, type DayCount } from '../place/day-count.ts';
import type { TokenUse } from '../token/judge.ts';

/** The session that runs, as it has to be known after a cut of power. */
export interface OpenSession {
  readonly number: number;
  readonly beganS: number;
  readonly endsS: number;
  readonly mostWh: bigint;
  readonly mostMicros: bigint;
  /** What was started and taken by the token before. */
  readonly before: TokenUse;
  /** Nobody pays: nothing is taken of the token. */
  readonly isFree: boolean;
  readonly evidence: Evidence;
}

export interface ChargerMemory {
  /** How often it was started. */
  readonly bootCounter: number;
  readonly nextNumber: number;
  readonly open: OpenSession | undefined;
  /** The list of issuers as its operator signed it; empty before the first. */
  readonly issuers: Uint8Array;
  /** What holds at the place, and who has reserved it, as its operator signed them; empty before the first. */
  readonly rules: Uint8Array;
  readonly slots: Uint8Array;
  /** Which chargers of the site nobody may start at, as its operator signed it; empty before the first. */
  readonly unavailable: Uint8Array;
  /** What may flow at the site's chargers in which quarters of an hour, the same. */
  readonly caps: Uint8Array;
  /** Sessions of the last day of the place on which there were any. */
  readonly today: DayCount;
}

const NOTHING = new Uint8Array();
const FRESH: ChargerMemory = {
  ...{ bootCounter: 0, nextNumber: 1, open: undefined, issuers: NOTHING, rules: NOTHING, slots: NOTHING },
  ...{ unavailable: NOTHING, caps: NOTHING, today: NO_DAY },
};

const openValue = ({
  number,
  beganS,
  endsS,
  mostWh,
  mostMicros,
  before,
  isFree,
  evidence,
}: OpenSession): CborValue => [
  ...[number, beganS, endsS, mostWh, mostMicros],
  ...[before.sessions, before.energyWh, before.costMicros, isFree ? 1 : 0],
  ...[evidence.token, evidence.transcript, evidence.signature],
];

const NUMBERS = 9;

const readOpen = (value: CborValue | undefined): OpenSession | undefined => {
  const items = itemsOf(value);
  const numbers = items.slice(0, NUMBERS).filter((one) => typeof one === 'number');
  const [token, transcript, signature] = items.slice(NUMBERS);
  if (numbers.length !== NUMBERS || !isBytes(token) || !isBytes(transcript) || !isBytes(signature))
    return undefined;
  const [number = 0, beganS = 0, endsS = 0, most = 0, price = 0, sessions = 0, energy = 0, cost = 0] =
    numbers;
  const free = numbers[NUMBERS - 1];
  return {
    ...{ number, beganS, endsS, mostWh: BigInt(most), mostMicros: BigInt(price) },
    before: { sessions, energyWh: BigInt(energy), costMicros: BigInt(cost) },
    isFree: free === 1,
    evidence: { token, transcript, signature },
  };
};

/** What a charger must not forget, written whole each time it changes. @throws when the chip spoiled it: sessions must not be numbered anew */
export const loadMemory = async (flash: Flash): Promise<ChargerMemory> => {
  const bytes = await flash.load();
  if (bytes.length === 0) return FRESH;
  const [bootCounter, nextNumber, open, issuers, rules, slots, today, unavailable, caps] = listOf(
    readChecked(bytes) ?? NOTHING,
  );
  if (typeof bootCounter !== 'number' || typeof nextNumber !== 'number' || !isBytes(issuers))
    throw new Error('CHARGER_MEMORY_DAMAGED: read its meter and its last session number, and set it up anew');
  return {
    ...{ bootCounter, nextNumber, open: readOpen(open), issuers, today: readDay(today) },
    rules: isBytes(rules) ? rules : NOTHING,
    slots: isBytes(slots) ? slots : NOTHING,
    unavailable: isBytes(unavailable) ? unavailable : NOTHING,
    caps: isBytes(caps) ? caps : NOTHING,
  };
};

export const saveMemory = async (flash: Flash, memory: ChargerMemory): Promise<void> => {
  const { bootCounter, nextNumber, open, issuers, rules, slots, today, unavailable, caps } = memory;
  const running = open === undefined ? null : openValue(open);
  const content = encodeCbor([
    bootCounter,
    nextNumber,
    running,
    issuers,
    rules,
    slots,
    dayValue(today),
    unavailable,
    caps,
  ]);
  await flash.replace(checked(content));
};
