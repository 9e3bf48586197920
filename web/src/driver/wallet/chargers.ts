import { h } from '../../shared/dom.ts';
import { SaidByPage, whyOf } from '../../shared/load.ts';
import { svg } from '../../shared/svg.ts';
import { chosen, labelled, type Choice } from '../fields.ts';
import { speech } from '../words/speech.ts';
import type { KeptPlaces, Spot } from './kept.ts';
import { KINDS, nearest, planOf, type Dot, type Kind, type Plan, type Shown } from './plan.ts';

/**
 * Chargers without network: where they are, for whom, and how far: a list, and a plan of the same for who sees it. What was fetched last is there with
 * the network off. Where the phone is it tells nobody (SECURE-12).
 */

/** On the list; and on the plan, where more could not be told apart. */
const [LISTED, DRAWN] = [100, 20];
const SIDE = 320;
const [EDGE, RADIUS] = [24, 11];

export interface ChargersView {
  readonly places: readonly KeptPlaces[];
  /** Names of utilities, by id. */
  readonly names: Readonly<Record<string, string>>;
  readonly draw: (said: () => string, focusOn?: string) => void;
}

/** Shapes differ, too: not everybody tells colours apart. */
const shapeOf = (kind: Kind, x: number, y: number): SVGElement => {
  if (kind === 'public-all') return svg('circle', { cx: x, cy: y, r: RADIUS });
  const side = RADIUS * 1.8;
  const square = { x: x - side / 2, y: y - side / 2, width: side, height: side };
  return svg('rect', kind === 'private' ? { ...square, transform: `rotate(45 ${x} ${y})` } : square);
};

/** For the most people that any outlet of it is for. */
const kindOf = ({ station }: Shown): Kind =>
  KINDS.find((kind) => station.outlets.some((each) => each.kind === kind)) ?? 'private';

const drawing = (plan: Plan, shown: readonly Shown[]): SVGElement => {
  const { chargers } = speech().words.wallet;
  const on = ({ x, y }: Dot) => [EDGE + x * (SIDE - 2 * EDGE), EDGE + y * (SIDE - 2 * EDGE)] as const;
  const dots = plan.dots.flatMap((dot, index) => {
    const one = shown[index];
    if (dot === undefined || one === undefined) return [];
    const [x, y] = on(dot);
    const text = svg('text', { x, y, dy: '0.35em', 'text-anchor': 'middle' }, String(index + 1));
    return [svg('g', { class: kindOf(one) }, shapeOf(kindOf(one), x, y), text)];
  });
  const [x, y] = plan.here === undefined ? [0, 0] : on(plan.here);
  const here = svg('path', { class: 'here', d: `M${x - 7} ${y}h14M${x} ${y - 7}v14` });
  return svg(
    'svg',
    {
      ...{ viewBox: `0 0 ${SIDE} ${SIDE}`, class: 'plan', role: 'img' },
      'aria-label': chargers.planLabel(speech().write.distance(plan.acrossM)),
    },
    ...(plan.here === undefined ? [] : [here]),
    ...dots,
  );
};

export class ChargersCard {
  readonly #view: () => ChargersView;
  #kind: Kind | 'any' = 'any';
  #here: Spot | undefined;
  #failure: unknown;

  constructor(view: () => ChargersView) {
    this.#view = view;
  }

  card(): HTMLElement {
    const { words, write } = speech();
    const { chargers } = words.wallet;
    const { places, draw } = this.#view();
    const shown = nearest(places, this.#kind, this.#here).slice(0, LISTED);
    const drawn = shown.slice(0, DRAWN);
    const plan = planOf(
      drawn.map(({ station }) => station.place),
      this.#here,
    );
    const kinds = KINDS.map((kind): Choice => [kind, chargers.kinds[kind]]);
    const select = chosen('charger-kind', [['any', chargers.any], ...kinds], this.#kind, (value) => {
      this.#kind = KINDS.find((kind) => kind === value) ?? 'any';
      draw(() => chargers.found(nearest(places, this.#kind, this.#here).length), 'charger-kind');
    });
    const latest = Math.max(0, ...places.map(({ atMs }) => atMs));
    return h(
      'section',
      { class: 'card', id: 'chargers', 'aria-labelledby': 'chargers-title' },
      h('h2', { id: 'chargers-title' }, chargers.title),
      h('p', { class: 'lead' }, latest === 0 ? chargers.none : chargers.lead(write.day(latest))),
      ...(latest === 0
        ? []
        : [
            h(
              'div',
              { class: 'fields' },
              labelled(chargers.which, select),
              h(
                'button',
                { type: 'button', id: 'charger-here', onclick: () => this.#locate() },
                chargers.here,
              ),
              h(
                'p',
                { class: 'problem', role: 'alert' },
                ...(this.#failure === undefined ? [] : [whyOf(this.#failure)]),
              ),
            ),
            ...(plan === undefined ? [] : [drawing(plan, drawn)]),
            shown.length === 0
              ? h('p', { class: 'lead' }, chargers.noneSuch)
              : h('ol', { class: 'sessions numbered' }, ...shown.map((one) => this.#item(one))),
          ]),
    );
  }

  #item({ vun, station, distanceM }: Shown): HTMLElement {
    const { words, write } = speech();
    const { chargers, nothing } = words.wallet;
    const { names } = this.#view();
    const outlets = station.outlets.map(({ evseId, maxPowerW, kind, isFree }) =>
      h(
        'span',
        { class: 'lead' },
        [evseId, write.power(maxPowerW), chargers.kinds[kind], ...(isFree ? [nothing] : [])].join(' · '),
      ),
    );
    return h(
      'li',
      { 'data-station': station.stationId },
      h('span', { class: 'where' }, `${station.name}, ${names[vun] ?? vun}`),
      h('span', { class: 'amount' }, distanceM === undefined ? '' : write.distance(distanceM)),
      h('span', { class: 'lead' }, station.address),
      ...outlets,
    );
  }

  /** Asks the browser where the phone is; it may ask the driver, who may say no. */
  #locate(): void {
    const { draw } = this.#view();
    const failed = (): void => {
      this.#failure = new SaidByPage(() => speech().words.wallet.chargers.notHere);
      draw(() => '', 'charger-here');
    };
    if (!('geolocation' in navigator)) {
      failed();
      return;
    }
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      const e6 = (degrees: number): number => Math.round(degrees * 1_000_000);
      this.#here = { latitudeE6: e6(coords.latitude), longitudeE6: e6(coords.longitude) };
      this.#failure = undefined;
      draw(() => speech().words.wallet.chargers.sorted, 'charger-here');
    }, failed);
  }
}
