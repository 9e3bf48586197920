import { ZodError } from 'zod';
import { fail, ok, type Result } from '../data/result.ts';
import type { Zone } from '../time/zone.ts';
import { UrdbError, urdbFile } from '../urdb/rate.ts';
import { seasonFile, seasonTou } from './season-tou.ts';
import { TouError, type TouRate } from './tou-rate.ts';
import { urdbTou } from './urdb-tou.ts';

/** A file is no rate that can be used; the message says why. */
export interface TouFileError {
  readonly code: 'BAD_TARIFF';
  readonly message: string;
}

/** Reads what electricity costs by time: a file of OpenEI's rate database (its first rate), or one of seasons as `acnportal` has them. */
export const readTouRate = (text: string, zone: Zone): Result<TouRate, TouFileError> => {
  const refuse = (message: string): Result<TouRate, TouFileError> => fail({ code: 'BAD_TARIFF', message });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse('the tariff is no JSON');
  }
  try {
    const urdb = urdbFile.safeParse(json);
    const [rate] = urdb.success ? urdb.data.items : [];
    if (rate !== undefined) return ok(urdbTou(rate, zone));
    const seasons = seasonFile.safeParse(json);
    return seasons.success
      ? ok(seasonTou(seasons.data, zone))
      : refuse(
          'the tariff is neither a file of the utility rate database (`items`) nor one of seasons (`schedule`)',
        );
  } catch (error) {
    if (error instanceof TouError || error instanceof UrdbError || error instanceof ZodError)
      return refuse(error.message);
    throw error;
  }
};
