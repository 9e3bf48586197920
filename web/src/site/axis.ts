import { h } from '../shared/dom.ts';
import { svg } from '../shared/svg.ts';
import { table } from '../shared/table.ts';
import type { SiteState } from './state.ts';
import { clock, kW } from './words.ts';

const WIDTH = 640;
const LEFT = 110;
const ROW = 34;
const BOTTOM = 24;
const TICKS = 4;
const HOUR_MS = 3_600_000;
/** The axis shows at least so much. */
const LEAST_MS = 4 * HOUR_MS;

/** Requests and reservations that are kept, on a time axis and as a table. */
export function reservations({ kept, nowMs }: SiteState): Node[] {
  if (kept.length === 0) return [h('p', { class: 'lead' }, 'Nothing is reserved or asked for.')];
  const spans = kept.map(({ fromMs = nowMs, untilMs }) => ({ fromMs, untilMs: untilMs ?? fromMs + HOUR_MS }));
  const begin = Math.min(nowMs, ...spans.map(({ fromMs }) => fromMs));
  const end = Math.max(begin + LEAST_MS, ...spans.map(({ untilMs }) => untilMs));
  const xOf = (atMs: number): number => LEFT + ((atMs - begin) / (end - begin)) * (WIDTH - LEFT - 8);
  const height = kept.length * ROW + BOTTOM;
  const ticks = Array.from({ length: TICKS + 1 }, (_, at) => begin + ((end - begin) * at) / TICKS);
  const whenOf = ({ fromMs, untilMs }: SiteState['kept'][number]): string =>
    `${fromMs === undefined ? 'now' : clock(fromMs)} to ${untilMs === undefined ? 'its end' : clock(untilMs)}`;
  const chart = svg(
    'svg',
    {
      class: 'axis',
      viewBox: `0 0 ${WIDTH} ${height}`,
      role: 'img',
      'aria-labelledby': 'axis-title axis-text',
    },
    svg('title', { id: 'axis-title' }, 'Reservations by time'),
    svg('desc', { id: 'axis-text' }, kept.map((one) => `${one.loadId} ${whenOf(one)}`).join(', ')),
    ...ticks.flatMap((atMs, at) => [
      svg('line', { class: 'line', x1: xOf(atMs), x2: xOf(atMs), y1: 0, y2: height - BOTTOM }),
      svg(
        'text',
        {
          class: 'soft',
          x: xOf(atMs),
          y: height - 6,
          'text-anchor': at === 0 ? 'start' : at === TICKS ? 'end' : 'middle',
        },
        clock(atMs),
      ),
    ]),
    ...kept.flatMap(({ loadId, maxW }, at) => {
      const { fromMs, untilMs } = spans[at] ?? { fromMs: begin, untilMs: end };
      const y = at * ROW + 4;
      return [
        svg('text', { x: 0, y: y + 18 }, loadId),
        svg('rect', {
          class: 'kept',
          x: xOf(fromMs),
          y,
          width: Math.max(3, xOf(untilMs) - xOf(fromMs)),
          height: ROW - 8,
          rx: 5,
        }),
        svg('text', { x: xOf(fromMs) + 6, y: y + 18 }, kW(maxW)),
      ];
    }),
    svg('line', { class: 'now', x1: xOf(nowMs), x2: xOf(nowMs), y1: 0, y2: height - BOTTOM }),
  );
  return [
    chart,
    table(
      'What is kept',
      ['For', 'When', 'Asks for', 'Held free'],
      kept.map((one) => [one.loadId, whenOf(one), kW(one.maxW), kW(one.heldW)]),
      2,
    ),
  ];
}
