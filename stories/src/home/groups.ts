import { claimOf, gridOf, NOW, pricesByHour, startStage } from '@roamgrid/energy-controller/stage';
import type { Claim } from '@roamgrid/domain/power';
import { signalTaken } from '@roamgrid/wire';
import type { Row } from '../site/part.ts';
import { loadOf } from '../site/station.ts';

/** HOME-5: residential charging goes off peak, commercial is done when the shift ends, public chargers open by use and demand. */

const HOUR_MS = 3_600_000;
const [RESIDENTIAL, COMMERCIAL, PUBLIC] = [30, 20, 10];
const CAR_W = 7_000n;
const NEED_WH = { residential: 14_000n, commercial: 14_000n } as const;
const [SHIFT_FROM, SHIFT_UNTIL] = [8, 17];
const at = (hour: number): number => NOW + (hour - 12) * HOUR_MS;
/** Off peak at night. */
const priceAt = (hour: number): bigint => (hour >= 22 || hour < 6 ? 100_000n : 300_000n);
/** From 06:00 to 07:00 of the next day; the grid is short from 14 to 16, and the public chargers are asked for all day. */
const [FIRST, LAST, SHORT_FROM, SHORT_UNTIL] = [6, 31, 14, 16];

interface Hour {
  readonly hour: number;
  readonly residentialW: string;
  readonly commercialW: string;
  /** Public chargers that are in use. */
  readonly open: number;
}

export interface GroupsSeen {
  readonly hours: readonly Hour[];
  readonly metersWh: {
    readonly residential: string;
    readonly commercial: string;
    readonly public: string;
    readonly grid: string;
  };
}

/** Cars of a group at their chargers, with what they need. */
const carsOf = (group: string, count: number, more: Partial<Claim>): readonly Claim[] =>
  Array.from({ length: count }, (_, car) => claimOf(`${group}-${car}`, group, CAR_W, { group, ...more }));

export const liveGroups = async (folder: string): Promise<GroupsSeen> => {
  const groups = ['residential', 'commercial', 'public'] as const;
  const stage = await startStage({
    ...{ folder, startMs: at(FIRST) },
    nodes: [
      { nodeId: 'site', kind: 'connection', hard: { totalW: '400000' } },
      ...groups.map((nodeId) => ({ nodeId, kind: 'circuit' as const, parentId: 'site' })),
    ],
    site: {
      ...{ tickMs: HOUR_MS, grantMs: 4 * HOUR_MS },
      home: {
        ...{ slotMs: HOUR_MS, slots: 30, departsWh: '1000000000' },
        groups: {
          commercial: [
            { days: [0, 1, 2, 3, 4, 5, 6], fromMinute: SHIFT_FROM * 60, untilMinute: SHIFT_UNTIL * 60 },
          ],
          public: { leastPermille: 300, demandPermille: 800 },
        },
      },
    },
    sources: [{ source: gridOf(1_000_000n), isTold: false }],
    loads: groups.map((group) => ({ loadId: group, nodeId: group, aloneW: 0n, claims: [] })),
  });
  const tell = async (id: string, body: object): Promise<void> => {
    const answer = await stage.ask('PUT', `/operator/v1/sites/s1/signals/${id}`, body);
    signalTaken.parse(answer.body);
  };
  const live = async (passMs: number): Promise<void> => {
    await stage.step(passMs);
    await stage.controller.sites.get('s1')?.home?.idle();
  };
  try {
    await tell('day', { kind: 'price', version: 1, intervals: pricesByHour(at(0), 72, priceAt) });
    const demand = { kind: 'grid-demand', version: 1, startMs: at(SHORT_FROM), endMs: at(SHORT_UNTIL) };
    await tell('grid', { ...demand, demandPermille: 850 });
    const [residential, commercial, open] = groups.map((group) => loadOf(stage, group));
    if (residential === undefined || commercial === undefined || open === undefined)
      throw new Error('three groups');
    open.claims = carsOf('public', PUBLIC, {});
    const hours: Hour[] = [];
    const needs = new Map<string, bigint>();
    for (let hour = FIRST; hour < LAST; hour += 1) {
      if (hour === SHIFT_FROM)
        commercial.claims = carsOf('commercial', COMMERCIAL, { needWh: NEED_WH.commercial });
      if (hour === SHIFT_UNTIL) commercial.claims = [];
      if (hour === 18)
        residential.claims = carsOf('residential', RESIDENTIAL, {
          ...{ needWh: NEED_WH.residential, deadlineMs: at(LAST) },
        });
      await live(0);
      const taken = (load: string): Map<string, bigint> =>
        new Map(stage.plant.readLoad(load).claims.map(({ claimId, runningW = 0n }) => [claimId, runningW]));
      const open7 = [...taken('public').values()].filter((watts) => watts > 0n).length;
      hours.push({
        hour,
        residentialW: stage.plant.takesW('residential').toString(),
        commercialW: stage.plant.takesW('commercial').toString(),
        open: open7,
      });
      for (const load of [residential, commercial])
        for (const [claimId, watts] of taken(load.loadId)) needs.set(claimId, watts);
      stage.pass(HOUR_MS);
      stage.plant.settle();
      for (const load of [residential, commercial])
        load.claims = load.claims.map((claim) => {
          const leftWh = (claim.needWh ?? 0n) - (needs.get(claim.claimId) ?? 0n);
          return { ...claim, needWh: leftWh > 0n ? leftWh : 0n };
        });
    }
    const metersWh = Object.fromEntries(
      [...groups, 'grid'].map((name) => [name, stage.plant.meterWh(name).toString()]),
    ) as GroupsSeen['metersWh'];
    return { hours, metersWh };
  } finally {
    await stage.close();
  }
};

const wattsOf = (text: string): bigint => (/^\d+$/.test(text) ? BigInt(text) : -1n);
const total = (hours: readonly Hour[], of: 'residentialW' | 'commercialW'): bigint =>
  hours.reduce((sum, hour) => sum + wattsOf(hour[of]), 0n);
const OPEN_AT_REST = 3;

const isGroups = ({ hours, metersWh }: GroupsSeen): boolean => {
  const offPeak = hours.filter(({ hour }) => priceAt(hour % 24) === priceAt(0));
  const [residentialWh, commercialWh] = [total(hours, 'residentialW'), total(hours, 'commercialW')];
  const publicWh = hours.reduce((sum, { open }) => sum + BigInt(open) * CAR_W, 0n);
  const after = hours.filter(({ hour }) => hour < SHIFT_FROM || hour >= SHIFT_UNTIL);
  const isShort = ({ hour }: Hour): boolean => hour >= SHORT_FROM && hour < SHORT_UNTIL;
  return (
    hours.every(({ hour }, index) => hour === FIRST + index) &&
    hours.length === LAST - FIRST &&
    residentialWh === BigInt(RESIDENTIAL) * NEED_WH.residential &&
    total(offPeak, 'residentialW') * 10n >= residentialWh * 8n &&
    commercialWh === BigInt(COMMERCIAL) * NEED_WH.commercial &&
    total(after, 'commercialW') === 0n &&
    hours.filter(isShort).every(({ open }) => open === OPEN_AT_REST) &&
    metersWh.residential === residentialWh.toString() &&
    metersWh.commercial === commercialWh.toString() &&
    metersWh.public === publicWh.toString() &&
    metersWh.grid === (residentialWh + commercialWh + publicWh).toString()
  );
};

/** With a day of use before it more is open at the same hour than on the first day. */
const isOpened = ({ hours }: GroupsSeen): boolean => {
  const [first, next] = [6, 30].map((hour) => hours.find((each) => each.hour === hour)?.open);
  return first === OPEN_AT_REST && next !== undefined && next > first;
};

export const groupsRows: readonly Row<GroupsSeen>[] = [
  { row: 'HOME-5', is: isGroups, shows: (seen) => seen },
  { row: 'HOME-5', is: isOpened, shows: ({ hours }) => hours.filter(({ hour }) => hour % 24 === 6) },
];
