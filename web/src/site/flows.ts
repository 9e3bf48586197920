import { svg } from '../shared/svg.ts';
import type { SiteState } from './state.ts';
import { kW, thousands } from './words.ts';

interface End {
  readonly name: string;
  /** How wide it is drawn. */
  readonly size: number;
  readonly text: string;
}

const WIDTH = 640;
const ROW = 54;
const TOP = 28;
const [LEFT, MIDDLE, RIGHT] = [190, 320, 450];
const WIDEST = 24;

const ends = (state: SiteState): readonly [readonly End[], readonly End[]] => [
  state.sources.map(({ sourceId, shareW }) => ({
    name: sourceId,
    size: thousands(shareW),
    text: kW(shareW),
  })),
  state.loads.map(({ loadId, measuredW }) => ({
    name: loadId,
    size: thousands(measuredW),
    text: kW(measuredW),
  })),
];

/** What flows from sources by the connection to loads, W by the width of a line. */
export function flows(state: SiteState): SVGElement {
  const [sources, loads] = ends(state);
  const height = TOP + ROW * Math.max(sources.length, loads.length, 1);
  const middle = TOP + (height - TOP) / 2;
  const most = Math.max(0.001, ...[...sources, ...loads].map(({ size }) => size));
  const yOf = (at: number, count: number): number => TOP + ((at + 0.5) * (height - TOP)) / count;
  const line = (from: readonly [number, number], to: readonly [number, number], size: number) =>
    svg('path', {
      class: 'flow',
      d: `M${from.join(' ')} C${(from[0] + to[0]) / 2} ${from[1]} ${(from[0] + to[0]) / 2} ${to[1]} ${to.join(' ')}`,
      'stroke-width': size > 0 ? Math.max(2, (WIDEST * size) / most) : 0,
    });
  const label = (x: number, y: number, { name, text }: End, anchor: string): SVGElement[] => [
    svg('text', { x, y: y - 2, 'text-anchor': anchor }, name),
    svg('text', { class: 'soft', x, y: y + 15, 'text-anchor': anchor }, text),
  ];
  const said = (what: readonly End[]): string => what.map(({ name, text }) => `${name} ${text}`).join(', ');
  return svg(
    'svg',
    {
      class: 'flows',
      viewBox: `0 0 ${WIDTH} ${height}`,
      role: 'img',
      'aria-labelledby': 'flow-title flow-text',
    },
    svg('title', { id: 'flow-title' }, 'Flows from sources to loads'),
    svg('desc', { id: 'flow-text' }, `From ${said(sources)} to ${said(loads)}`),
    ...sources.flatMap((one, at) => {
      const y = yOf(at, sources.length);
      return [line([LEFT, y], [MIDDLE, middle], one.size), ...label(LEFT - 12, y, one, 'end')];
    }),
    ...loads.flatMap((one, at) => {
      const y = yOf(at, loads.length);
      return [line([MIDDLE, middle], [RIGHT, y], one.size), ...label(RIGHT + 12, y, one, 'start')];
    }),
    svg('rect', { class: 'bus', x: MIDDLE - 4, y: middle - 30, width: 8, height: 60, rx: 3 }),
    svg(
      'text',
      { x: MIDDLE, y: 16, 'text-anchor': 'middle' },
      `${kW(state.measuredW)} of ${kW(state.availableW)}`,
    ),
  );
}
