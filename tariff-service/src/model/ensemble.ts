import { type RidgeSettings, SlotRidge } from './ridge.ts';

type Member = Omit<RidgeSettings, 'columns' | 'anchor'> & { readonly use: RegExp; readonly anchor?: string };

const EVERY_FEATURE = /./u;
/** The few features that eight weeks of history can support. */
const CORE =
  /^(1|weekday\..*|lag\.(same|7|weeks|change.*)|gate\.(last|3h|day0|day6)|published|is\.(holiday.*|lagHoliday|weekLagHoliday))$/u;

/** The usual week and how far the load has strayed from it lately: what exponential smoothing would use. */
const PROFILE = /^(1|usual|dev\..*|is\.(holiday.*|lagHoliday|weekLagHoliday))$/u;

/** The operator's forecast and how it has missed lately. */
const PUBLISHED = /^(1|weekday\..*|published.*|dev\..*|is\..*oliday.*)$/u;

const MEMBERS: readonly Member[] = [
  { name: 'steady', halfLifeDays: 2000, penalty: 0.0005, neighbours: 0, refitDays: 4, use: EVERY_FEATURE },
  { name: 'recent', halfLifeDays: 400, penalty: 0.003, neighbours: 0, refitDays: 2, use: EVERY_FEATURE },
  { name: 'pooled', halfLifeDays: 1000, penalty: 0.01, neighbours: 0.5, refitDays: 4, use: EVERY_FEATURE },
  { name: 'core', halfLifeDays: 400, penalty: 0.01, neighbours: 0, refitDays: 1, use: CORE },
  { name: 'profile', halfLifeDays: 400, penalty: 0.003, neighbours: 0.5, refitDays: 1, use: PROFILE },
  {
    name: 'published',
    halfLifeDays: 500,
    penalty: 0.02,
    neighbours: 0.5,
    refitDays: 1,
    use: PUBLISHED,
    anchor: 'published',
  },
  {
    name: 'publishedLately',
    halfLifeDays: 90,
    penalty: 0.3,
    neighbours: 1,
    refitDays: 1,
    use: /^(1|published\.miss.*)$/u,
    anchor: 'published',
  },
];

/** Half-life in days of the errors by which members are weighed. */
const MEMORY_DAYS = 28;
/** How sharply a worse member loses weight: the ratio of mean errors to this power. */
const SHARPNESS = 12;

/** Several ridges that differ in memory, restraint and breadth, averaged by how well each has forecast lately. */
export class RidgeEnsemble {
  readonly members: readonly SlotRidge[];
  readonly #loss: Float64Array;

  constructor(slots: number, names: readonly string[], restrained: Float64Array) {
    const usable = MEMBERS.filter(({ anchor }) => anchor === undefined || names.includes(anchor));
    this.members = usable.map(({ use, anchor, ...settings }) => {
      const columns = names.flatMap((name, index) => (use.test(name) ? [index] : []));
      const at = anchor === undefined ? undefined : names.indexOf(anchor);
      return new SlotRidge({ ...settings, columns, anchor: at }, slots, restrained);
    });
    this.#loss = new Float64Array(this.members.length);
  }

  learn(features: Float64Array, targets: Float64Array, weights: Float64Array): void {
    for (const member of this.members) member.learn(features, targets, weights);
  }

  /** Each member's forecast; in rehearsal solutions are renewed weekly. */
  predict(features: Float64Array, day: number, rehearsal: boolean): readonly Float64Array[] {
    return this.members.map((member) => member.predict(features, day, rehearsal ? 7 : undefined));
  }

  /** Takes note of how each member's forecast of a day turned out. */
  score(forecasts: readonly Float64Array[], targets: Float64Array, weights: Float64Array): void {
    const fade = 0.5 ** (1 / MEMORY_DAYS);
    forecasts.forEach((forecast, member) => {
      let sum = 0;
      for (let slot = 0; slot < forecast.length; slot++)
        if ((weights[slot] as number) > 0)
          sum += Math.abs((forecast[slot] as number) - (targets[slot] as number));
      this.#loss[member] = (this.#loss[member] as number) * fade + sum;
    });
  }

  /** Weights of the members; equal until the first scores. */
  weights(): Float64Array {
    const least = this.#loss.reduce((low, loss) => Math.min(low, loss), Number.POSITIVE_INFINITY);
    if (!(least > 0)) return new Float64Array(this.members.length).fill(1 / this.members.length);
    const raw = this.#loss.map((loss) => (least / loss) ** SHARPNESS);
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return raw.map((weight) => weight / total);
  }
}
