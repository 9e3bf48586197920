import {
  energyPriceRange,
  PRICE_COURSE_POINTS,
  priceCourseRecord,
  readTariffJson,
  stateKey,
  tariffBindingRecord,
  tariffRecord,
  withPoint,
  type EnergyPriceRange,
  type PriceCoursePoint,
  type TariffRecord,
} from '@roamgrid/wire';
import { ensure, type Transaction } from '../context/index.ts';

/** What a party has bound under an agreement so far. */
export interface PriceCourse {
  /** Bindings counted so far. */
  readonly version: number;
  readonly points: readonly PriceCoursePoint[];
}

export const pointOf = (
  { tariffId, version, appliesTo, validFromMs }: TariffRecord,
  currency: string,
  { minMicrosPerKWh, maxMicrosPerKWh }: EnergyPriceRange,
): PriceCoursePoint => ({
  tariffId,
  tariffVersion: version,
  ...(appliesTo && { appliesTo }),
  currency,
  validFromMs,
  minMicrosPerKWh,
  maxMicrosPerKWh,
});

/** The course as its record has it. Before the first one is written, it is what the bindings themselves say. */
export const readCourse = async (
  tx: Transaction,
  agreementId: string,
  utilityId: string,
): Promise<PriceCourse> =>
  (await tx.find(priceCourseRecord, stateKey.priceCourse(agreementId, utilityId))) ??
  (await courseOfBindings(tx, agreementId, utilityId));

/** Bindings that stand from before courses were kept; the range is read once for each party, as a rule empty. */
const courseOfBindings = async (
  tx: Transaction,
  agreementId: string,
  utilityId: string,
): Promise<PriceCourse> => {
  const bindings = await tx.range(tariffBindingRecord, `binding:${agreementId}:`, `binding:${agreementId};`);
  let points: readonly PriceCoursePoint[] = [];
  for (const { tariffId, tariffVersion } of bindings) {
    const tariff = await tx.get(tariffRecord, stateKey.tariff(tariffId, tariffVersion));
    if (tariff.utilityId !== utilityId) continue;
    const read = readTariffJson(tariff.tariffJson);
    if (!read.ok) throw new Error(`${tariffId} was bound and is no tariff: ${read.error.message}`);
    const point = pointOf(tariff, read.value.currency, energyPriceRange(read.value));
    points = withPoint(points, point, tx.nowMs);
  }
  return { version: points.length, points };
};

/** Stages the course with one more version. */
export const putCourse = (
  tx: Transaction,
  { version, points }: PriceCourse,
  next: PriceCoursePoint,
  of: { readonly agreementId: string; readonly utilityId: string; readonly endorsers: readonly string[] },
): void => {
  const { agreementId, utilityId, endorsers } = of;
  const after = withPoint(points, next, tx.nowMs);
  ensure(
    after.length <= PRICE_COURSE_POINTS,
    'TOO_LARGE',
    `${PRICE_COURSE_POINTS} versions are in force or wait for their start: bind more when some have started`,
  );
  tx.put(
    priceCourseRecord,
    stateKey.priceCourse(agreementId, utilityId),
    { type: 'priceCourse', version: version + 1, agreementId, utilityId, points: [...after] },
    { endorsers },
  );
};
