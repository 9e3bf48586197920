import { type ChartText, picture, PLOT, SERIES_CLASSES, yAxis } from './frame.ts';
import { linearScale } from './scale.ts';
import { label, tag } from './svg.ts';

/** A labelled place on the horizontal axis with one value a series. */
export interface BarGroup {
  readonly name: string;
  readonly values: readonly number[];
}

export interface BarOptions {
  readonly stacked: boolean;
  /** Text beside or inside a bar. */
  readonly format: (value: number) => string;
}

/** Bars from zero, beside or on top of one another. Values are not negative. */
export function barChart(
  text: ChartText,
  seriesNames: readonly string[],
  groups: readonly BarGroup[],
  { stacked, format }: BarOptions,
): string {
  if (seriesNames.length > SERIES_CLASSES)
    throw new RangeError(`at most ${SERIES_CLASSES} series can be told apart`);
  const heights = groups.map(({ values }) =>
    stacked ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values),
  );
  const y = linearScale([0, Math.max(...heights)], [PLOT.bottom, PLOT.top]);
  const slot = (PLOT.right - PLOT.left) / groups.length;
  const room = Math.min(slot * 0.78, stacked ? 96 : slot);
  const width = stacked ? room : room / seriesNames.length;
  const body = groups.flatMap(({ name, values }, at) => {
    const left = PLOT.left + slot * (at + 0.5) - room / 2;
    let below = 0;
    const bars = values.map((value, index) => {
      const base = stacked ? below : 0;
      below += value;
      const top = y.at(base + value);
      const height = y.at(base) - top;
      const x = left + (stacked ? 0 : index * width);
      const inside = stacked && height >= 16;
      return tag(
        'g',
        { class: `s${index}` },
        tag('rect', { class: 'bar', x, y: top, width: width - 2, height }),
        ...(inside || (!stacked && width >= 30)
          ? [
              label(format(value), {
                class: inside ? 'on' : 'soft',
                x: x + width / 2 - 1,
                y: inside ? top + height / 2 + 5 : top - 4,
                'text-anchor': 'middle',
              }),
            ]
          : []),
      );
    });
    const middle = PLOT.left + slot * (at + 0.5);
    return [...bars, label(name, { class: 'ink', x: middle, y: PLOT.bottom + 20, 'text-anchor': 'middle' })];
  });
  return picture(text, seriesNames, 'bar', [...yAxis(y), ...body]);
}
