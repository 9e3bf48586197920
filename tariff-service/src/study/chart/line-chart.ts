import { type ChartText, DASHES, picture, PLOT, SERIES_CLASSES, yAxis } from './frame.ts';
import { linearScale } from './scale.ts';
import { label, tag } from './svg.ts';

export type Point = readonly [x: number, y: number];

export interface LineSeries {
  readonly name: string;
  readonly points: readonly Point[];
  /** Drawn as dots on top: the same quantity found in another way. */
  readonly dots?: readonly Point[];
}

/** Lines over a numeric axis; the vertical axis contains zero. */
export function lineChart(text: ChartText, series: readonly LineSeries[], nice = true): string {
  if (series.length > SERIES_CLASSES)
    throw new RangeError(`at most ${SERIES_CLASSES} lines can be told apart`);
  const all = series.flatMap(({ points, dots = [] }) => [...points, ...dots]);
  if (all.length === 0) throw new RangeError('a chart needs at least one point');
  const xs = all.map(([value]) => value);
  const ys = all.map(([, value]) => value);
  const x = linearScale([Math.min(...xs), Math.max(...xs)], [PLOT.left, PLOT.right], nice, 8);
  const y = linearScale([Math.min(0, ...ys), Math.max(0, ...ys)], [PLOT.bottom, PLOT.top]);
  const path = (points: readonly Point[]): string =>
    points
      .map(([px, py], index) => `${index === 0 ? 'M' : 'L'}${x.at(px).toFixed(1)} ${y.at(py).toFixed(1)}`)
      .join('');
  const body = [
    ...yAxis(y),
    tag('line', { class: 'axis', x1: PLOT.left, x2: PLOT.right, y1: y.at(0), y2: y.at(0) }),
    ...x.ticks.map((tick) =>
      label(x.format(tick), { class: 'soft', x: x.at(tick), y: PLOT.bottom + 20, 'text-anchor': 'middle' }),
    ),
    ...series.map(({ points, dots = [] }, index) =>
      tag(
        'g',
        { class: `s${index}` },
        tag('path', { class: 'line', 'stroke-dasharray': DASHES[index] ?? 'none', d: path(points) }),
        ...dots.map(([dx, dy]) => tag('circle', { class: 'dot', cx: x.at(dx), cy: y.at(dy), r: 3 })),
      ),
    ),
  ];
  return picture(
    text,
    series.map(({ name }) => name),
    'line',
    body,
  );
}
