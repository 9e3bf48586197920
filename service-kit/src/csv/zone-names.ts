const HOUR_MS = 3_600_000;

/**
 * Hours that the zone abbreviations of publishers stand for. Several names are shared (CST is also China's): a file's own zone
 * decides whether the name is one of its own, see `Stamp.offsetMs`.
 */
const HOURS: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  WET: 0,
  WEST: 1,
  BST: 1,
  CET: 1,
  MEZ: 1,
  CEST: 2,
  MESZ: 2,
  EET: 2,
  EEST: 3,
  NST: -3.5,
  NDT: -2.5,
  AST: -4,
  ADT: -3,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  AKST: -9,
  AKDT: -8,
  HST: -10,
  AWST: 8,
  ACST: 9.5,
  ACDT: 10.5,
  AEST: 10,
  AEDT: 11,
  NZST: 12,
  NZDT: 13,
  JST: 9,
  SAST: 2,
};

/** Offset from UTC of an abbreviation; undefined for a name that none of these publishers writes. */
export const abbreviatedOffsetMs = (name: string): number | undefined => {
  const hours = HOURS[name.toUpperCase()];
  return hours === undefined ? undefined : hours * HOUR_MS;
};
