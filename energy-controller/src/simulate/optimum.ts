import type { Car } from './cars.ts';
import { FlowNetwork } from './max-flow.ts';
import { levelsOf, type Site } from './site.ts';

/**
 * The most energy that any way of charging could have delivered, watt-minutes: the linear programme over all steps that knows every car in
 * advance. Its rounding is that of the site (the room of a phase and an outlet's power in whole amperes; nothing where an outlet gives less
 * than the minimum), and it may give a present car less than the minimum, so that it is a bound from above.
 *
 * It is solved exactly as a flow. Each car loads one phase and the connection carries what its phases do, so phases are alone; so are spans
 * of time between which no car is there. Steps with the same cars are one: a solution of the long span is one of its steps when it is spread
 * evenly over them, and the other way round by adding up. What is left is a transport from needs to spans, whose greatest flow is the
 * programme's best value.
 */
export const optimumOf = (cars: readonly Car[], site: Site): number => {
  let total = 0;
  for (let lane = 0; lane < site.phases; lane += 1) {
    const there = cars
      .filter((car) => car.lane === lane && car.endStep > car.firstStep)
      .sort((a, b) => a.firstStep - b.firstStep);
    for (const span of apart(there)) total += best(span, site);
  }
  return total;
};

/** Cars in groups between which nobody is there. */
const apart = (cars: readonly Car[]): readonly (readonly Car[])[] => {
  const groups: Car[][] = [];
  let until = -Infinity;
  for (const car of cars) {
    if (car.firstStep >= until) groups.push([]);
    groups.at(-1)?.push(car);
    until = Math.max(until, car.endStep);
  }
  return groups;
};

const best = (cars: readonly Car[], site: Site): number => {
  const { every, most, room } = levelsOf(site);
  const roomInSteps = Math.floor(room / every) * every;
  const edges = [...new Set(cars.flatMap(({ firstStep, endStep }) => [firstStep, endStep]))].sort(
    (a, b) => a - b,
  );
  const at = new Map(edges.map((step, place) => [step, place]));
  const minutesOf = (span: number): number =>
    ((edges[span + 1] ?? 0) - (edges[span] ?? 0)) * site.stepMinutes;
  const [source, sink, spans] = [0, 1, 2 + cars.length];
  const network = new FlowNetwork(spans + edges.length);
  cars.forEach((car, place) => {
    network.edge(source, 2 + place, car.need);
    for (let span = at.get(car.firstStep) ?? 0; span < (at.get(car.endStep) ?? 0); span += 1)
      network.edge(2 + place, spans + span, most * minutesOf(span));
  });
  for (let span = 0; span < edges.length - 1; span += 1)
    network.edge(spans + span, sink, roomInSteps * minutesOf(span));
  return network.maxFlow(source, sink);
};
