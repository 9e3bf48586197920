import type { z } from 'zod';
import type { PanelBreaker, unitAnswer } from '@roamgrid/wire';
import type { Breaker } from './breakers.ts';

export type Unit = z.output<typeof unitAnswer>;

/** The units that a breaker is in. */
const unitsOf = ({ room, floor, type, group }: PanelBreaker): readonly string[] => [
  ...[`room:${room}`, `floor:${floor}`, `type:${type}`],
  ...(group === undefined ? [] : [`group:${group}`]),
];

/** By the id of each unit, its breakers. */
export const membersOf = <B extends PanelBreaker>(table: readonly B[]): ReadonlyMap<string, readonly B[]> => {
  const units = new Map<string, B[]>();
  for (const line of table)
    for (const unitId of unitsOf(line)) units.set(unitId, [...(units.get(unitId) ?? []), line]);
  return units;
};

/** Each unit as it is: what its people want of it, and what its breakers made of that. */
export const unitsAsTheyAre = (
  breakers: readonly Breaker[],
  isOff: (unitId: string) => boolean,
): readonly Unit[] =>
  [...membersOf(breakers)].map(([unitId, members]) => {
    const positions = new Set(members.map(({ position }) => position));
    const [only] = positions;
    const state = positions.size !== 1 || only === 'unknown' ? 'partly' : only === 'closed' ? 'on' : 'off';
    return {
      unitId,
      breakerIds: members.map(({ breakerId }) => breakerId),
      wanted: isOff(unitId) ? 'off' : 'on',
      state,
      exceptions: members.flatMap(({ breakerId, code }) => (code === undefined ? [] : [{ breakerId, code }])),
    };
  });
