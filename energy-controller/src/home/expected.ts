import { SLOTS_PER_DAY, type Course } from './house.ts';

/** Slots that a plan looks ahead. Spec: 48 h of quarter-hours. */
export const HORIZON_SLOTS = 2 * SLOTS_PER_DAY;

/** How a house's load and sun may go on from a slot. */
export interface Expected {
  readonly loadW: readonly bigint[];
  readonly solarW: readonly bigint[];
}

/** Days before that are looked at: a season, no more. */
const DAYS = 60;
/** Courses that are planned for at once. */
const COURSES = 10;

const cut = ({ loadW, solarW }: Course, from: number, perDay: number): Expected => ({
  loadW: loadW.slice(from, from + 2 * perDay),
  solarW: solarW.slice(from, from + 2 * perDay),
});

const netOf = ({ loadW, solarW }: Course, from: number, perDay: number): bigint => {
  let net = 0n;
  for (let at = from; at < from + perDay; at += 1) net += (loadW[at] ?? 0n) - (solarW[at] ?? 0n);
  return net;
};

/**
 * How it may go on from a slot, by how it went on from the same time of day before: of the days of the last weeks, ordered by what was
 * lacking in their first 24 hours, the middle one of each of so many parts, the middle of all first. Each is as likely as the others.
 * What is in the course from the slot on is not looked at.
 */
export const expectedAt = (
  course: Course,
  slot: number,
  { courses = COURSES, perDay = SLOTS_PER_DAY } = {},
): readonly Expected[] => {
  const before: { readonly from: number; readonly net: bigint }[] = [];
  for (let day = 2; day <= DAYS && slot - day * perDay >= 0; day += 1) {
    const from = slot - day * perDay;
    before.push({ from, net: netOf(course, from, perDay) });
  }
  before.sort((a, b) => (a.net < b.net ? -1 : a.net > b.net ? 1 : a.from - b.from));
  const count = Math.min(courses, before.length);
  const picked = Array.from({ length: count }, (_, at) =>
    cut(course, before[Math.floor(((2 * at + 1) * before.length) / (2 * count))]?.from ?? 0, perDay),
  );
  const middle = picked.splice(count >> 1, 1);
  return [...middle, ...picked];
};

/** How it really goes on. */
export const trueFrom = (course: Course, slot: number, slots = HORIZON_SLOTS): Expected => ({
  loadW: course.loadW.slice(slot, slot + slots),
  solarW: course.solarW.slice(slot, slot + slots),
});
