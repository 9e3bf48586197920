import { err, ok, type Result } from '../result/index.ts';
import type { Note, Problem, Tariff } from '../tariff/index.ts';
import type { CdrPeriod } from './cdr.ts';

const isValidAt = (tariff: Tariff, ms: number): boolean =>
  (tariff.startMs === undefined || ms >= tariff.startMs) && (tariff.endMs === undefined || ms < tariff.endMs);

const sameId = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Of the tariffs that fit, the first one that is valid when the session starts, or else the first. */
const firstValid = (
  tariffs: readonly Tariff[],
  indexes: readonly number[],
  startMs: number,
): number | undefined =>
  indexes.find((index) => {
    const tariff = tariffs[index];
    return tariff !== undefined && isValidAt(tariff, startMs);
  }) ?? indexes[0];

/**
 * The tariff of each period, by position; `undefined` where none is relevant. A period's `tariff_id` decides. In a CDR
 * that names none at all, the first tariff valid at the start prices everything; in one that names some, a period
 * without has no tariff. Spec: OCPI 2.2.1 mod_cdrs ChargingPeriod `tariff_id`.
 */
export const chooseTariffs = (
  periods: readonly CdrPeriod[],
  tariffs: readonly Tariff[],
  startMs: number,
  notes: Note[],
): Result<readonly (number | undefined)[], readonly Problem[]> => {
  const all = [...tariffs.keys()];
  const fallback = firstValid(tariffs, all, startMs);
  if (fallback === undefined) {
    const message = 'there is no tariff: the CDR holds none and none was given';
    return err([{ code: 'TARIFF_MISSING', pointer: '/tariffs', message }]);
  }
  const namesAny = periods.some(({ tariffId }) => tariffId !== undefined);
  if (!namesAny && tariffs.length > 1) {
    const message = `no period names a tariff: ${JSON.stringify(tariffs[fallback]?.id)} is used for all`;
    notes.push({ code: 'TARIFF_ASSUMED', message });
  }
  const problems: Problem[] = [];
  const chosen = periods.map((period, position): number | undefined => {
    const pointer = `/charging_periods/${position}/tariff_id`;
    const { tariffId } = period;
    if (tariffId === undefined) {
      if (!namesAny) return fallback;
      notes.push({ code: 'PERIOD_WITHOUT_TARIFF', message: 'no tariff is relevant to this period', pointer });
      return undefined;
    }
    const matching = all.filter((index) => sameId(tariffs[index]?.id ?? '', tariffId));
    const found = firstValid(tariffs, matching, startMs);
    if (found !== undefined) return found;
    if (tariffs.length === 1) {
      const message = `the period names ${JSON.stringify(tariffId)}, the tariff is ${JSON.stringify(tariffs[0]?.id)}: it is used`;
      notes.push({ code: 'TARIFF_ID_DIFFERS', message, pointer });
      return 0;
    }
    problems.push({
      code: 'TARIFF_UNKNOWN',
      pointer,
      message: `no tariff has the id ${JSON.stringify(tariffId)}`,
    });
    return undefined;
  });
  noteValidity(chosen, tariffs, startMs, notes);
  return problems.length > 0 ? err(problems) : ok(chosen);
};

const noteValidity = (
  chosen: readonly (number | undefined)[],
  tariffs: readonly Tariff[],
  startMs: number,
  notes: Note[],
): void => {
  for (const [index, tariff] of tariffs.entries()) {
    if (!chosen.includes(index) || isValidAt(tariff, startMs)) continue;
    const message = `tariff ${JSON.stringify(tariff.id)} is not valid when the session starts`;
    notes.push({ code: 'TARIFF_NOT_VALID_AT_START', message });
  }
};
