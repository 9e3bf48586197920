import { err, ok, type Result } from '@roamgrid/domain';
import { encodeCbor, isWhole, itemsOf } from '../cbor/cbor.ts';
import { readOperatorWord, type Operator } from '../charger/utility-words.ts';
import { sign1 } from '../cose/sign1.ts';
import type { Signer, Suite } from '../suite/suite.ts';
import { olderWord, type PlaceWordError } from './rules.ts';

/** Which chargers of a site nobody may start at, and when, by the word of their utility. Spec: SECURE-8, SECURE-13. */
export interface UnavailableList {
  readonly version: number;
  /** Whom it is for: all chargers of the site. */
  readonly chargers: readonly string[];
  readonly unavailable: readonly Unavailable[];
}

export interface Unavailable {
  readonly evseId: string;
  /** Seconds since 1970, UTC: from the one until just before the other. */
  readonly fromS: number;
  readonly untilS: number;
}

const PURPOSE = 'roamgrid-unavailable';
export const UNAVAILABLE_LIMITS = { chargers: 200, rows: 400 } as const;

export const NOTHING_UNAVAILABLE: UnavailableList = { version: 0, chargers: [], unavailable: [] };

/** @throws RangeError for more than a charger takes, or one that is not of the site: a fault of the utility */
export const signUnavailableList = (
  { version, chargers, unavailable }: UnavailableList,
  signer: Signer,
): Promise<Uint8Array> => {
  const rows = unavailable.map(({ evseId, fromS, untilS }): readonly number[] => [
    chargers.indexOf(evseId),
    fromS,
    untilS,
  ]);
  if (chargers.length > UNAVAILABLE_LIMITS.chargers || rows.length > UNAVAILABLE_LIMITS.rows)
    throw new RangeError(
      `at most ${UNAVAILABLE_LIMITS.chargers} chargers and ${UNAVAILABLE_LIMITS.rows} rows`,
    );
  if (rows.some(([at]) => at === -1)) throw new RangeError('a charger that is not of the site');
  return sign1(encodeCbor([PURPOSE, version, [...chargers], rows]), signer);
};

/** Takes a list that a phone or a neighbour brought: of the operating utility, for this charger's site, and later than what holds. */
export const takeUnavailableList = async (
  bytes: Uint8Array,
  operator: Operator,
  has: { readonly evseId: string; readonly version: number },
  suite: Pick<Suite, 'verify'>,
): Promise<Result<UnavailableList, PlaceWordError>> => {
  const word = await readOperatorWord(bytes, operator, suite);
  if (!word.ok) return word;
  const [purpose, version, names, rows] = word.value;
  const chargers = itemsOf(names).filter((name) => typeof name === 'string');
  const unavailable = itemsOf(rows).flatMap((row): readonly Unavailable[] => {
    const [at, fromS, untilS] = itemsOf(row);
    const evseId = isWhole(at) ? chargers[at] : undefined;
    return evseId !== undefined && isWhole(fromS) && isWhole(untilS) ? [{ evseId, fromS, untilS }] : [];
  });
  const isWholly = unavailable.length === itemsOf(rows).length && chargers.length === itemsOf(names).length;
  if (
    purpose !== PURPOSE ||
    !isWhole(version, 1) ||
    !isWholly ||
    chargers.length > UNAVAILABLE_LIMITS.chargers
  )
    return err({ code: 'WORD_MALFORMED', message: 'it is no list of chargers' });
  if (unavailable.length > UNAVAILABLE_LIMITS.rows)
    return err({ code: 'WORD_MALFORMED', message: 'it has too many rows' });
  if (!chargers.includes(has.evseId))
    return err({ code: 'WORD_FOR_OTHER_CHARGER', message: 'it is for another site' });
  return version > has.version ? ok({ version, chargers, unavailable }) : olderWord(has.version);
};

/** Until when nobody may start at a charger; undefined when one may. */
export const unavailableUntil = (
  { unavailable }: Pick<UnavailableList, 'unavailable'>,
  evseId: string,
  nowS: number,
): number | undefined =>
  unavailable
    .filter((one) => one.evseId === evseId && nowS >= one.fromS && nowS < one.untilS)
    .reduce<number | undefined>((latest, { untilS }) => Math.max(latest ?? 0, untilS), undefined);
