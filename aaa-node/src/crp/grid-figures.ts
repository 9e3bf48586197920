import type { CallResult } from '@roamgrid/service-kit';
import type { GridFigures } from '@roamgrid/wire';
import type { Db } from '../store/database.ts';
import { dayStartMs, type GridKnown } from './grid-rate.ts';
import type { GridRules } from './grid-rules.ts';
import { homeRuleInForce } from './lookup.ts';

export interface GridFiguresOptions {
  readonly db: Db;
  readonly ask: (areaId: string, fromMs: number, untilMs: number) => Promise<CallResult<GridFigures>>;
  /** How long an answer of the gateway serves when no newer one comes. */
  readonly keptMs: number;
  readonly nowMs: () => number;
  /** Counts up with the wall's time; for how long an answer is kept. */
  readonly elapsedMs: () => number;
}

interface Kept {
  readonly askedAtMs: number;
  readonly figures: GridFigures;
}

const keyOf = (areaId: string, timeZone: string): string => `${areaId} ${timeZone}`;

/**
 * Figures of the areas that the rules in force name, asked for in rounds and kept in memory: a swipe reads them without
 * waiting for anybody. When the gateway is silent they run out and the base rules count.
 */
export const createGridFigures = ({ db, ask, keptMs, nowMs, elapsedMs }: GridFiguresOptions) => {
  const kept = new Map<string, Kept>();

  const readArea = async (areaId: string, timeZone: string): Promise<void> => {
    const atMs = nowMs();
    const askedAtMs = elapsedMs();
    const answer = await ask(areaId, dayStartMs(timeZone, atMs), atMs);
    if (!answer.ok) throw new Error(`the gateway gives no figures of ${areaId}`, { cause: answer.failure });
    kept.set(keyOf(areaId, timeZone), { askedAtMs, figures: answer.value });
  };

  const known = (areaId: string, timeZone: string): GridFigures | undefined => {
    const found = kept.get(keyOf(areaId, timeZone));
    return found !== undefined && elapsedMs() - found.askedAtMs <= keptMs ? found.figures : undefined;
  };

  return {
    /** One round. @throws Error when the gateway gave no answer for an area; the others are read all the same. */
    async refresh(): Promise<void> {
      const wanted = new Map<string, () => Promise<void>>();
      for (const customerClass of ['residential', 'commercial'] as const) {
        const grid = (await homeRuleInForce(db, customerClass, nowMs()))?.grid;
        if (grid === undefined) continue;
        for (const areaId of [grid.demandAreaId, grid.generationAreaId]) {
          if (areaId === undefined) continue;
          wanted.set(keyOf(areaId, grid.timeZone), () => readArea(areaId, grid.timeZone));
        }
      }
      for (const key of kept.keys()) if (!wanted.has(key)) kept.delete(key);
      const rounds = await Promise.allSettled([...wanted.values()].map((read) => read()));
      const failed = rounds.find((round) => round.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
    /** What is known now of the areas that the rules name. */
    of(rules: GridRules): GridKnown {
      const demand = known(rules.demandAreaId, rules.timeZone);
      const generation =
        rules.generationAreaId === undefined ? undefined : known(rules.generationAreaId, rules.timeZone);
      return {
        ...(demand?.latest === undefined ? {} : { demand: demand.latest }),
        ...(demand?.highest === undefined ? {} : { dayPeak: demand.highest }),
        ...(generation?.latest === undefined ? {} : { generation: generation.latest }),
      };
    },
  };
};
export type GridFiguresKeeper = ReturnType<typeof createGridFigures>;
