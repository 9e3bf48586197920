import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { driverAt, type Carried, type ChargeToken, type PlaceRules } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { uncut } from '../phone-radio.ts';
import { keysOf, PRICE } from '../underground.ts';
import type { AtTheCharger } from './at-the-charger.ts';

/** SECURE-6: each cell of the matrix that the documentation states, at a charger in a process of its own. */

const TABLE = join(import.meta.dirname, '../../../../docs/offline/matrix.md');
const [HOUR_S, DAY_S, SLOT_S, MINUTE_MS] = [3_600, 86_400, 900, 60_000];
const OTHER_DRIVER = new Uint8Array(8).fill(7);
const LIMITS = { energyWh: 20_000n, costMicros: 9_000_000n, sessions: 1 };
const START = { kind: 'start', energyWh: 6_850n } as const;
const STOP = { kind: 'stop' } as const;

/** What each cell came to: the situation, the kind of outlet, what the table says and what the charger did. */
export interface MatrixSeen {
  readonly cells: number;
  /** How many came to each outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Cells that came to something else than is stated. */
  readonly wrong: readonly string[];
}

interface Situation {
  readonly token?: Partial<ChargeToken>;
  readonly rules?: Partial<PlaceRules>;
  readonly slots?: 'other' | 'own';
  /** Before the phone asks. */
  readonly first?: (at: AtTheCharger, phone: Carried) => Promise<unknown>;
}

const group = (groupId: string) => ({ audience: { kind: 'group', groupId } as const });
const outlet = (evseId: string) => ({ audience: { kind: 'outlet', evseId } as const });

const charged = async (at: AtTheCharger, phone: Carried): Promise<void> => {
  await at.asks(phone, START);
  await at.there.pass(MINUTE_MS);
  await at.asks(phone, STOP);
};

/** How each situation of the table comes about, at an outlet where it is half past three in the afternoon or later. */
const situations = (
  nowS: number,
  evseId: string,
  driver: Uint8Array,
): Readonly<Record<string, Situation>> => ({
  'nothing is in the way': {},
  'another session runs': {
    first: async (at) => at.asks(await at.there.phone(group('CITY-HALL')), START),
  },
  'no cable is plugged in': { first: (at) => at.there.charger().act('unplug') },
  'the outlet has a fault': { first: (at) => at.there.charger().act('break') },
  "it is outside the location's hours": {
    rules: { hours: [{ days: 127, fromMinute: 0, untilMinute: 930 }] },
  },
  'the token is for this outlet alone': { token: outlet(evseId) },
  'the token is for another location group': { token: group('AIRPORT') },
  'the token is for another outlet': { token: outlet('GB*PKC*EOTHER') },
  'its drivers are listed, this is none of them': { rules: { drivers: [OTHER_DRIVER] } },
  'its drivers are listed, this is one, the token is for this outlet alone': {
    ...{ rules: { drivers: [OTHER_DRIVER, driver] }, token: outlet(evseId) },
  },
  'another driver has reserved it for now': { rules: { reservations: true }, slots: 'other' },
  'one has to reserve, and nobody has now': { rules: { reservations: true } },
  'this driver has reserved it for now': { rules: { reservations: true }, slots: 'own' },
  'reservations are off, another driver has one': { slots: 'other' },
  // 6.85 kWh at 0.372.
  "more is asked for than the token's money pays": {
    token: { limits: { ...LIMITS, costMicros: 2_548_199n } },
  },
  'the token was used here already': { first: charged },
  'the driver agreed to another price': {
    token: { price: { ...PRICE, microsPerKWh: 371_999n, quoteHash: new Uint8Array(16) } },
  },
  "the driver's second session on a day of one": {
    ...{ rules: { sessionsADay: 1 }, token: { limits: { ...LIMITS, sessions: 9 } }, first: charged },
  },
  'no session may be longer than 12 h, the token is good for longer': {
    ...{ rules: { longestS: 12 * HOUR_S }, token: { expiresS: nowS + DAY_S } },
  },
  'the token has expired': { token: { notBeforeS: nowS - 60, expiresS: nowS } },
});

interface Cell {
  readonly situation: string;
  readonly column: string;
  readonly expected: string;
}

/** Rows and columns of the table, as they are documented. */
const cellsOf = (text: string): readonly Cell[] => {
  const [[, ...columns] = [], , ...rows] = text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return rows.flatMap(([situation = '', ...cells]) =>
    columns.map((column, at) => ({ situation, column, expected: cells[at] ?? '' })),
  );
};

/** What a session that started ends with, by what the charger told the phone. */
const startsAs = (endsS: unknown, nowS: number, token: Partial<ChargeToken>, untilS: number): string => {
  if (endsS === nowS - (nowS % SLOT_S) + SLOT_S) return 'ends with the slot';
  if (typeof endsS === 'number' && Math.abs(endsS - nowS - 12 * HOUR_S) <= 1) return 'ends after 12 h';
  return endsS === (token.expiresS ?? untilS) ? 'starts' : `ends at ${String(endsS)}`;
};

const live = async (at: AtTheCharger, { situation, column }: Cell, evseId: string): Promise<string> => {
  const { there } = at;
  const keys = await keysOf();
  const driver = await driverAt(evseId, keys.key, NODE_SUITE);
  const said = situations(at.nowS, evseId, driver)[situation];
  if (said === undefined) return 'no such situation is known here';
  const { token = {}, rules, slots, first } = said;
  const [kind, pays] = column.split(' ');
  await there.charger().act('mend');
  await there.charger().act('plug-in');
  const slotS = at.nowS - (at.nowS % SLOT_S);
  const reserved = slots === 'own' ? driver : OTHER_DRIVER;
  await at.rule(
    { kind: kind as PlaceRules['kind'], price: pays === 'free' ? 'free' : PRICE, ...rules },
    slots === undefined ? [] : [{ startS: slotS, driver: reserved }],
  );
  // Of two hours: neither a slot's end nor half a day.
  const untilS = at.nowS + 2 * HOUR_S;
  const phone = await there.phone(
    { ...group('CITY-HALL'), expiresS: untilS, limits: LIMITS, ...token },
    keys,
  );
  await first?.(at, phone);
  const came = await uncut(phone, START, async () => {
    const { met, leave } = await there.meet(phone, START);
    if (met.ok) await met.value.end();
    await leave();
    return met.ok ? startsAs(met.value.answer[2], at.nowS, token, untilS) : met.error.code;
  });
  // Whoever charges leaves before the next one comes.
  await there.charger().act('unplug');
  return came;
};

export const liveMatrix = async (at: AtTheCharger, evseId: string): Promise<MatrixSeen> => {
  const cells = cellsOf(readFileSync(TABLE, 'utf8'));
  const outcomes: Record<string, number> = {};
  const wrong: string[] = [];
  for (const cell of cells) {
    const came = await live(at, cell, evseId);
    outcomes[came] = (outcomes[came] ?? 0) + 1;
    if (came !== cell.expected) wrong.push(`${cell.column}, ${cell.situation}: ${came}`);
  }
  await at.collected();
  return { cells: cells.length, outcomes, wrong };
};

/** Each cell is as it is stated, and there are as many as 20 situations at six kinds of outlets. */
export const isMatrix = ({ cells, outcomes, wrong }: MatrixSeen): boolean =>
  cells === 120 &&
  wrong.length === 0 &&
  Object.values(outcomes).reduce((sum, each) => sum + each, 0) === cells &&
  Object.keys(outcomes).length === 17;
