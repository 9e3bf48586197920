import { err, ok, type Result } from '@roamgrid/domain';
import { isSame } from '../cbor/bytes.ts';
import { encodeCbor, isBytes, isWhole, itemsOf, type CborValue } from '../cbor/cbor.ts';
import { readOperatorWord, type Operator } from '../charger/utility-words.ts';
import { sign1 } from '../cose/sign1.ts';
import type { Signer, Suite } from '../suite/suite.ts';
import { DRIVER_BYTES } from './driver.ts';
import { olderWord, type PlaceWordError } from './rules.ts';

/** A quarter of an hour; every zone's offset is whole ones. Spec: SECURE-7. */
export const SLOT_S = 900;

/** A quarter of an hour that a driver has reserved. */
export interface Slot {
  /** Seconds since 1970, UTC. */
  readonly startS: number;
  /** By his name at the outlet (`driverAt`). */
  readonly driver: Uint8Array;
}

/** Who has an outlet when, by the word of its utility. */
export interface SlotList {
  readonly evseId: string;
  readonly version: number;
  readonly slots: readonly Slot[];
}

/** What a phone may offer its driver at an outlet where one has to reserve. */
export interface Offered {
  readonly authorise: boolean;
  readonly stop: boolean;
}

export type SlotNow =
  { readonly whose: 'nobody' | 'other' } | { readonly whose: 'own'; readonly endsS: number };

const at = (slots: readonly Slot[], startS: number): Slot | undefined =>
  slots.find((slot) => slot.startS === startS);

/** Whose slot it is; an own one ends with the last of those that follow each other. */
export const slotAt = (slots: readonly Slot[], driver: Uint8Array, nowS: number): SlotNow => {
  const startS = nowS - (nowS % SLOT_S);
  const now = at(slots, startS);
  if (now === undefined) return { whose: 'nobody' };
  if (!isSame(now.driver, driver)) return { whose: 'other' };
  let endsS = startS + SLOT_S;
  for (let next = at(slots, endsS); next !== undefined; next = at(slots, endsS)) {
    if (!isSame(next.driver, driver)) break;
    endsS += SLOT_S;
  }
  return { whose: 'own', endsS };
};

/** What the buttons of a phone are, by the same rule as the charger's. */
export const offered = (slots: readonly Slot[], driver: Uint8Array, nowS: number): Offered => {
  const isOwn = slotAt(slots, driver, nowS).whose === 'own';
  return { authorise: isOwn, stop: isOwn };
};

const PURPOSE = 'roamgrid-slots';
/** Four days of one outlet. */
export const MOST_SLOTS = 384;

/** @throws RangeError for more than a charger takes: a fault of the utility */
export const signSlotList = ({ evseId, version, slots }: SlotList, signer: Signer): Promise<Uint8Array> => {
  if (slots.length > MOST_SLOTS) throw new RangeError(`${slots.length} slots, at most ${MOST_SLOTS}`);
  return sign1(
    encodeCbor([PURPOSE, evseId, version, slots.map(({ startS, driver }): CborValue => [startS, driver])]),
    signer,
  );
};

const readSlot = (value: CborValue): Slot | undefined => {
  const [startS, driver] = itemsOf(value);
  if (!isWhole(startS) || startS % SLOT_S !== 0) return undefined;
  return isBytes(driver) && driver.length === DRIVER_BYTES ? { startS, driver } : undefined;
};

/** Takes a list that a phone brought: of the operating utility, for this outlet, and later than the one that holds. */
export const takeSlotList = async (
  bytes: Uint8Array,
  operator: Operator,
  has: Pick<SlotList, 'evseId' | 'version'>,
  suite: Pick<Suite, 'verify'>,
): Promise<Result<SlotList, PlaceWordError>> => {
  const word = await readOperatorWord(bytes, operator, suite);
  if (!word.ok) return word;
  const [purpose, evseId, version, rows] = word.value;
  const slots = itemsOf(rows).map(readSlot);
  const whole = slots.filter((slot) => slot !== undefined);
  if (purpose !== PURPOSE || typeof evseId !== 'string' || !isWhole(version, 1) || !Array.isArray(rows))
    return err({ code: 'WORD_MALFORMED', message: 'it is no list of slots' });
  if (whole.length !== slots.length || slots.length > MOST_SLOTS)
    return err({ code: 'WORD_MALFORMED', message: 'a slot is no quarter of an hour, or there are too many' });
  if (evseId !== has.evseId)
    return err({ code: 'WORD_FOR_OTHER_CHARGER', message: 'it is for another charger' });
  return version > has.version ? ok({ evseId, version, slots: whole }) : olderWord(has.version);
};
