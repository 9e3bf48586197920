import { periodMicrosPerKWh, type UrdbRate } from './rate.ts';

/** What the rate does not say about a charging tariff. */
export interface UrdbToOcpiOptions {
  readonly tariffId: string;
  readonly countryCode: string;
  readonly partyId: string;
  readonly currency: string;
  /** First month, `YYYY-MM`, of the tariff's validity (local). */
  readonly firstMonth: string;
  /** Number of months that the tariff describes, 1 to 24. */
  readonly months: number;
  /** Sales tax in per cent, such as `7.25`. */
  readonly vatPercent: number;
  /** Currency units per session. */
  readonly flatFee?: number;
  readonly lastUpdated: string;
}

/** One element of an OCPI tariff. Prices are JSON numbers there; they come from exact micros and never enter arithmetic. */
export interface OcpiElement {
  readonly price_components: readonly { type: string; price: number; vat: number; step_size: number }[];
  readonly restrictions?: {
    readonly start_date: string;
    readonly end_date: string;
    readonly day_of_week?: readonly string[];
    readonly start_time?: string;
    readonly end_time?: string;
  };
}

interface HourRun {
  readonly fromHour: number;
  readonly untilHour: number;
  readonly microsPerKWh: bigint;
}

interface Season {
  readonly firstDate: string;
  /** Exclusive. */
  readonly endDate: string;
  readonly weekday: readonly HourRun[];
  readonly weekend: readonly HourRun[];
}

const WEEKDAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'] as const;
const WEEKEND = ['SATURDAY', 'SUNDAY'] as const;

const twoDigits = (n: number) => n.toString().padStart(2, '0');

function monthStart(firstMonth: string, offset: number): { date: string; monthIndex: number } {
  const [year, month] = firstMonth.split('-').map(Number);
  const index = (year ?? 0) * 12 + (month ?? 1) - 1 + offset;
  return { date: `${Math.floor(index / 12)}-${twoDigits((index % 12) + 1)}-01`, monthIndex: index % 12 };
}

/** Neighbouring hours of equal price become one run. */
function runsOf(hours: readonly number[], price: (period: number) => bigint): HourRun[] {
  const runs: HourRun[] = [];
  hours.forEach((period, hour) => {
    const microsPerKWh = price(period);
    const last = runs.at(-1);
    if (last?.microsPerKWh === microsPerKWh) runs[runs.length - 1] = { ...last, untilHour: hour + 1 };
    else runs.push({ fromHour: hour, untilHour: hour + 1, microsPerKWh });
  });
  return runs;
}

const sameRuns = (a: readonly HourRun[], b: readonly HourRun[]) =>
  a.length === b.length &&
  a.every((run, i) => run.untilHour === b[i]?.untilHour && run.microsPerKWh === b[i].microsPerKWh);

/** Neighbouring months of equal schedule become one season. */
function seasonsOf(rate: UrdbRate, options: UrdbToOcpiOptions): Season[] {
  const seasons: Season[] = [];
  const price = (period: number) => periodMicrosPerKWh(rate, period);
  for (let i = 0; i < options.months; i += 1) {
    const { date, monthIndex } = monthStart(options.firstMonth, i);
    const endDate = monthStart(options.firstMonth, i + 1).date;
    const weekday = runsOf(rate.energyweekdayschedule[monthIndex] ?? [], price);
    const weekend = runsOf(rate.energyweekendschedule[monthIndex] ?? [], price);
    const last = seasons.at(-1);
    if (last && sameRuns(last.weekday, weekday) && sameRuns(last.weekend, weekend)) {
      seasons[seasons.length - 1] = { ...last, endDate };
    } else {
      seasons.push({ firstDate: date, endDate, weekday, weekend });
    }
  }
  return seasons;
}

function elementsOf(
  season: Season,
  runs: readonly HourRun[],
  days: readonly string[],
  vat: number,
): OcpiElement[] {
  return runs.map((run) => ({
    // check-allow number-money: OCPI prices are JSON numbers; this is the one nearest to the exact micros
    price_components: [{ type: 'ENERGY', price: Number(run.microsPerKWh) / 1e6, vat, step_size: 1 }],
    restrictions: {
      start_date: season.firstDate,
      end_date: season.endDate,
      ...(days.length === 7 ? {} : { day_of_week: days }),
      // A run over the whole day needs no times; midnight as an end is written 00:00.
      ...(run.fromHour === 0 && run.untilHour === 24
        ? {}
        : { start_time: `${twoDigits(run.fromHour)}:00`, end_time: `${twoDigits(run.untilHour % 24)}:00` }),
    },
  }));
}

/**
 * An OCPI tariff with the energy prices of a utility rate. Demand, fixed monthly and reactive charges of the rate
 * are not a driver's and stay out.
 *
 * Spec: OCPI 2.2.1 mod_tariffs (Tariff object), OpenEI URDB v7.
 * @throws UrdbError when the rate has tiers, other units or more than six decimals.
 */
export function urdbToOcpi(rate: UrdbRate, options: UrdbToOcpiOptions) {
  const vat = options.vatPercent;
  const flat: OcpiElement[] =
    options.flatFee === undefined
      ? []
      : [{ price_components: [{ type: 'FLAT', price: options.flatFee, vat, step_size: 1 }] }];
  const seasons = seasonsOf(rate, options).flatMap((season) =>
    sameRuns(season.weekday, season.weekend)
      ? elementsOf(season, season.weekday, [...WEEKDAYS, ...WEEKEND], vat)
      : [
          ...elementsOf(season, season.weekday, WEEKDAYS, vat),
          ...elementsOf(season, season.weekend, WEEKEND, vat),
        ],
  );
  return {
    country_code: options.countryCode,
    party_id: options.partyId,
    id: options.tariffId,
    currency: options.currency,
    type: 'REGULAR',
    tariff_alt_text: [{ language: 'en', text: `${rate.utility}: ${rate.name}` }],
    elements: [...flat, ...seasons],
    last_updated: options.lastUpdated,
  };
}
