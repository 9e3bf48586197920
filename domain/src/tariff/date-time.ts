const DATE_TIME =
  /^(\d{4})-(\d{1,2})-(\d{1,2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*([Zz]|[+-]\d{2}:?\d{2})?$/;

const MS_PER_MINUTE = 60_000;
export const MS_PER_DAY = 86_400_000;

/** Epoch ms of a calendar date at 00:00 UTC, or `undefined` for 30 February and the like. */
const dateMs = (year: number, month: number, day: number): number | undefined => {
  const ms = Date.UTC(year, month - 1, day);
  const back = new Date(ms);
  return back.getUTCMonth() === month - 1 && back.getUTCDate() === day ? ms : undefined;
};

const zoneMinutes = (zone: string): number => {
  if (zone === '' || zone.toUpperCase() === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return zone.startsWith('-') ? -minutes : minutes;
};

/**
 * OCPI DateTime to epoch ms; text without a zone is UTC. Lenient: a space for the `T`, an offset instead of `Z`, no
 * seconds. Spec: OCPI 2.2.1 types §DateTime.
 */
export const parseDateTimeMs = (text: string): number | undefined => {
  const match = DATE_TIME.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone = ''] = match;
  const date = dateMs(Number(year), Number(month), Number(day));
  if (date === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const clockMs =
    (Number(hour) * 60 + Number(minute)) * MS_PER_MINUTE +
    Number(second) * 1000 +
    Number(fraction.slice(0, 3).padEnd(3, '0'));
  return date + clockMs - zoneMinutes(zone) * MS_PER_MINUTE;
};

/** `2015-12-24` to the number of days since 1970-01-01. */
export const parseDay = (text: string): number | undefined => {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim());
  if (match === null) return undefined;
  const ms = dateMs(Number(match[1]), Number(match[2]), Number(match[3]));
  // check-allow float: midnight in UTC is a whole number of days
  return ms === undefined ? undefined : ms / MS_PER_DAY;
};

/** `13:30` to minutes since midnight; `24:00` is let through as the end of the day, seconds `:00` are let through. */
export const parseMinute = (text: string): number | undefined => {
  const match = /^(\d{1,2}):(\d{2})(?::00)?$/.exec(text.trim());
  if (match === null) return undefined;
  const minutes = Number(match[1]) * 60 + Number(match[2]);
  return Number(match[2]) > 59 || minutes > 1440 ? undefined : minutes;
};
