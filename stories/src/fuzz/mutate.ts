import type { Dice } from './dice.ts';

/** Texts that programs trip over: what databases, numbers, names of objects, addresses and people's languages have. */
const HOSTILE_TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfff',
  '\u202eabc',
  '😀'.repeat(40),
  'ﷺ',
  '\r\nx-injected: 1',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '..',
  '../../etc/passwd',
  '%00',
  '%2e%2e%2f',
  '%',
  "'; select 1; --",
  '${1}',
  '{{1}}',
  '<script>',
  'null',
  'undefined',
  'NaN',
  '-0',
  '-1',
  '1e400',
  '9'.repeat(31),
  '9'.repeat(4_000),
  '2147483648',
  '9223372036854775808',
  '1970-01-01T00:00:00Z',
  '+275760-09-13T00:00:00.001Z',
  'http://localhost:1/',
  'http://[::1',
  'x'.repeat(20_000),
] as const;

const HOSTILE_VALUES: readonly [unknown, ...unknown[]] = [
  null,
  true,
  0,
  -0,
  -1,
  0.5,
  1e308,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 63),
  [],
  {},
  [[]],
  [null],
];

export const hostileText = (dice: Dice): string => dice.pick(HOSTILE_TEXTS);

const hostileValue = (dice: Dice): unknown =>
  // A copy: what is put into an input is changed there.
  dice.percent(60) ? hostileText(dice) : structuredClone(dice.pick(HOSTILE_VALUES));

type Holder = Record<string, unknown> | unknown[];

const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null;

const holdersIn = (value: unknown): Holder[] =>
  isHolder(value) ? [value, ...Object.values(value).flatMap(holdersIn)] : [];

const changeMember = (holder: Record<string, unknown>, dice: Dice): void => {
  const name = dice.pickAny(Object.keys(holder));
  const kind = dice.below(4);
  if (kind === 0 || name === undefined) {
    const added = dice.percent(50) ? hostileText(dice) : 'unknownMember';
    Object.defineProperty(holder, added, {
      value: hostileValue(dice),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else if (kind === 1) Reflect.deleteProperty(holder, name);
  else holder[name] = hostileValue(dice);
};

const changeItem = (holder: unknown[], dice: Dice): void => {
  const at = dice.below(holder.length + 1);
  const kind = dice.below(3);
  if (kind === 0) holder.splice(at, 1);
  else if (kind === 1)
    holder.splice(
      at,
      0,
      ...Array.from({ length: 1 + dice.below(300) }, (): unknown => structuredClone(holder[0])),
    );
  else holder[at] = hostileValue(dice);
};

/** A copy with one to three places changed, so that most of it still fits. */
export const mutated = (value: unknown, dice: Dice): unknown => {
  const copy: unknown = structuredClone(value);
  if (!isHolder(copy)) return hostileValue(dice);
  for (let round = dice.below(3); round >= 0; round -= 1) {
    const holder = dice.pickAny(holdersIn(copy)) ?? copy;
    if (Array.isArray(holder)) changeItem(holder, dice);
    else changeMember(holder, dice);
  }
  return copy;
};
