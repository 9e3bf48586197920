/** Charts as inline SVG. Colours come from classes, so that light and dark follow the page. */

const NAMESPACE = 'http://www.w3.org/2000/svg';

export type Attributes = Readonly<Record<string, string | number>>;

export function svg(tag: string, attributes: Attributes, ...children: (SVGElement | string)[]): SVGElement {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  readonly kind: 'line' | 'step' | 'band';
  /** Class that gives the colour. */
  readonly name: string;
  readonly points: readonly Point[];
  /** Lower edge of a band, as many points. */
  readonly lower?: readonly Point[];
}

export interface Frame {
  readonly width: number;
  readonly title: string;
  /** What a reader who does not see the chart needs to know. */
  readonly description: string;
  readonly series: readonly Series[];
  /** Upright mark, such as now. */
  readonly mark?: { readonly x: number; readonly label: string };
  readonly xTicks: readonly { readonly x: number; readonly label: string }[];
  readonly yText: (y: number) => string;
}

const HEIGHT = 280;
const MARGIN = { left: 58, right: 10, top: 22, bottom: 30 };
const Y_TICKS = 4;
const LABEL_ROOM = 30;

/** Ticks at 1, 2 or 5 times a power of ten that span the values. */
const niceTicks = (low: number, high: number): readonly number[] => {
  const span = high - low || 1;
  const power = 10 ** Math.floor(Math.log10(span / Y_TICKS));
  const step = [1, 2, 5, 10].map((times) => times * power).find((each) => span / each <= Y_TICKS) ?? power;
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
};

let charts = 0;

/** A chart with its title and description for screen readers. */
export function chart(frame: Frame): SVGElement {
  const all = frame.series.flatMap(({ points, lower = [] }) => [...points, ...lower]);
  const xs = all.map(({ x }) => x);
  const ticks = niceTicks(Math.min(...all.map(({ y }) => y)), Math.max(...all.map(({ y }) => y)));
  const [low = 0] = ticks;
  const high = ticks.at(-1) ?? 1;
  const left = Math.min(...xs);
  const right = Math.max(...xs);
  const toX = (x: number) =>
    MARGIN.left + ((x - left) / (right - left || 1)) * (frame.width - MARGIN.left - MARGIN.right);
  const toY = (y: number) =>
    HEIGHT - MARGIN.bottom - ((y - low) / (high - low || 1)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  // A label at the right edge would be cut off.
  const anchorAt = (x: number) => (toX(x) > frame.width - LABEL_ROOM ? 'end' : 'middle');
  const at = ({ x, y }: Point) => `${toX(x).toFixed(1)},${toY(y).toFixed(1)}`;
  charts += 1;
  const id = `chart-${charts}`;
  return svg(
    'svg',
    {
      class: 'chart',
      viewBox: `0 0 ${frame.width} ${HEIGHT}`,
      width: frame.width,
      height: HEIGHT,
      role: 'img',
      'aria-labelledby': `${id}-title ${id}-text`,
    },
    svg('title', { id: `${id}-title` }, frame.title),
    svg('desc', { id: `${id}-text` }, frame.description),
    ...ticks.flatMap((tick) => [
      svg('line', {
        class: 'grid',
        x1: MARGIN.left,
        x2: frame.width - MARGIN.right,
        y1: toY(tick),
        y2: toY(tick),
      }),
      svg(
        'text',
        { class: 'tick', x: MARGIN.left - 6, y: toY(tick) + 4, 'text-anchor': 'end' },
        frame.yText(tick),
      ),
    ]),
    ...frame.xTicks
      .filter(({ x }) => x >= left && x <= right)
      .map(({ x, label }) =>
        svg('text', { class: 'tick', x: toX(x), y: HEIGHT - 8, 'text-anchor': 'middle' }, label),
      ),
    ...frame.series.map((series) => drawn(series, at)),
    ...(frame.mark === undefined
      ? []
      : [
          svg('line', {
            class: 'mark',
            x1: toX(frame.mark.x),
            x2: toX(frame.mark.x),
            y1: MARGIN.top,
            y2: HEIGHT - MARGIN.bottom,
          }),
          svg(
            'text',
            {
              class: 'tick',
              x: toX(frame.mark.x),
              y: MARGIN.top - 8,
              'text-anchor': anchorAt(frame.mark.x),
            },
            frame.mark.label,
          ),
        ]),
  );
}

const drawn = ({ kind, name, points, lower = [] }: Series, at: (point: Point) => string): SVGElement => {
  if (kind === 'band') {
    const around = [...points, ...[...lower].reverse()].map(at).join(' ');
    return svg('polygon', { class: `band ${name}`, points: around });
  }
  const path =
    kind === 'line'
      ? points
      : points.flatMap((point, index) => {
          const next = points[index + 1];
          return next === undefined ? [point] : [point, { x: next.x, y: point.y }];
        });
  return svg('polyline', { class: `curve ${name}`, points: path.map(at).join(' ') });
};
