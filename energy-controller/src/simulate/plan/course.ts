import type { Hungry } from '../decide.ts';
import { FlowNetwork } from '../max-flow.ts';
import { levelsOf, type Site } from '../site.ts';

/** Steps with the same cars and the same price. */
export interface Span {
  readonly fromStep: number;
  /** The first step after it. */
  readonly toStep: number;
  /** What energy costs in it; only its relation to the others counts. */
  readonly price: bigint;
}

/** A car until it leaves. */
export interface Departing {
  readonly lane: number;
  /** The first step in which it is no longer there. */
  readonly endStep: number;
  /** Watt-minutes, in whole levels of a step; no more than its outlet can give by then. */
  readonly need: number;
}

/** What can be given to cars until they leave. */
export const departingOf = (hungry: readonly Hungry[], step: number, site: Site): readonly Departing[] => {
  const { most, every } = levelsOf(site);
  const unit = every * site.stepMinutes;
  return hungry.map(({ car: { lane }, left, leavesStep = step }) => ({
    lane,
    endStep: leavesStep,
    need: Math.min(Math.ceil(left / unit) * unit, most * site.stepMinutes * Math.max(0, leavesStep - step)),
  }));
};

/** Spans from a step to the last departure, cut where a car leaves and where the price changes. */
export const spansOf = (
  cars: readonly Departing[],
  step: number,
  priceAt: (step: number) => bigint,
): readonly Span[] => {
  const ends = new Set(cars.map(({ endStep }) => endStep));
  const last = Math.max(step, ...ends);
  const spans: Span[] = [];
  for (let [from, to] = [step, step + 1]; to <= last; to += 1) {
    const price = priceAt(from);
    if (!ends.has(to) && priceAt(to) === price) continue;
    spans.push({ fromStep: from, toStep: to, price });
    from = to;
  }
  return spans;
};

export interface Course {
  /** Watt-minutes of all together. */
  readonly served: number;
  /** Watt-minutes by car in the first span. */
  readonly first: readonly number[];
}

/** The cheapest first, earlier ones before later ones. */
const inOrderOfPrice = (spans: readonly Span[]): readonly number[] =>
  spans
    .map(({ price }, place) => ({ price, place }))
    .sort((a, b) => (a.price < b.price ? -1 : a.price > b.price ? 1 : a.place - b.place))
    .map(({ place }) => place);

/**
 * Serves as much as can be served, where that is cheapest, within what each span has for all and each phase for its own. Spans are opened from
 * the cheapest to the dearest, and each takes the greatest flow that it adds: needs and spans are a transport, and no way of serving as
 * much costs less, as with the greedy base of a polymatroid (Edmonds 1970). What a span keeps of its room is given only to those who could
 * not be served without it.
 */
export const cheapestCourse = (
  cars: readonly Departing[],
  spans: readonly Span[],
  site: Site,
  roomOf: (span: Span) => number,
  keptOf: (span: Span) => number = () => 0,
): Course => {
  const { most, room } = levelsOf(site);
  const [source, sink, firstCar] = [0, 1, 2];
  const firstSpan = firstCar + cars.length;
  const firstLane = firstSpan + spans.length;
  const network = new FlowNetwork(firstLane + spans.length * site.phases);
  const now: { readonly at: number; readonly edge: number }[] = [];
  let served = 0;
  cars.forEach(({ need }, at) => network.edge(source, firstCar + at, need));
  const order = inOrderOfPrice(spans);
  const wanted = cars.reduce((sum, { need }) => sum + need, 0);
  for (const place of order) {
    const span = spans[place];
    if (span === undefined) continue;
    const minutes = (span.toStep - span.fromStep) * site.stepMinutes;
    const laneOf = (lane: number): number => firstLane + place * site.phases + lane;
    cars.forEach(({ lane, endStep }, at) => {
      if (endStep < span.toStep) return;
      const edge = network.edge(firstCar + at, laneOf(lane), most * minutes);
      if (place === 0) now.push({ at, edge });
    });
    for (let lane = 0; lane < site.phases; lane += 1)
      network.edge(laneOf(lane), firstSpan + place, room * minutes);
    network.edge(firstSpan + place, sink, Math.max(0, Math.floor(roomOf(span) - keptOf(span))) * minutes);
    served += network.maxFlow(source, sink);
  }
  for (const place of order) {
    const span = spans[place];
    if (span === undefined || served >= wanted) continue;
    const kept = Math.min(Math.floor(roomOf(span)), Math.ceil(keptOf(span)));
    if (kept <= 0) continue;
    network.edge(firstSpan + place, sink, kept * (span.toStep - span.fromStep) * site.stepMinutes);
    served += network.maxFlow(source, sink);
  }
  const first = cars.map(() => 0);
  for (const { at, edge } of now) first[at] = network.sent(edge);
  return { served, first };
};
