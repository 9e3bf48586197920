import { type Scale } from './scale.ts';
import { escapeXml, label, tag } from './svg.ts';

/** What every chart says about itself. `description` is read out instead of the picture. */
export interface ChartText {
  readonly title: string;
  readonly description: string;
  readonly xLabel: string;
  readonly yLabel: string;
}

/** Pixels of the plot inside the picture. */
export const PLOT = { width: 760, height: 440, left: 76, right: 736, top: 84, bottom: 384 } as const;

/** Dashes by series, so that colour is never the only difference. */
export const DASHES = ['none', '9 5', '2 5', '12 4 2 4', '5 3'] as const;
export const SERIES_CLASSES = DASHES.length;

/** Colours by series, each with a contrast of at least 4.5 to 1 with the ground of its scheme. */
export const LIGHT = ['#0a5cad', '#a33d00', '#0b6b50', '#7a3a94', '#6a5700'] as const;
export const DARK = ['#6cb6ff', '#ffa657', '#56d4a8', '#d2a8ff', '#d9c94a'] as const;
export const GROUND = { light: '#ffffff', dark: '#0d1117' } as const;

/** Written out without CSS variables, which viewers outside the browser do not know. */
const colours = (series: readonly string[]): string =>
  series
    .map((colour, at) => `.s${at} .line{stroke:${colour}}.s${at} .dot,.s${at} .bar{fill:${colour}}`)
    .join('');

const STYLE = `
svg{font:13px system-ui,sans-serif;color-scheme:light dark}
.title{font-size:16px;font-weight:600}.line{fill:none;stroke-width:2.25}
.ground,.on{fill:${GROUND.light}}.ink{fill:#1f2328}.soft{fill:#57606a}
.grid{stroke:#d0d7de}.axis{stroke:#57606a}${colours(LIGHT)}
@media (prefers-color-scheme:dark){
.ground,.on{fill:${GROUND.dark}}.ink{fill:#e6edf3}.soft{fill:#9da7b1}
.grid{stroke:#30363d}.axis{stroke:#9da7b1}${colours(DARK)}}
`;

/** The whole picture: ground, title, legend, and what was drawn. */
export function picture(
  text: ChartText,
  legend: readonly string[],
  swatch: 'line' | 'bar',
  body: readonly string[],
): string {
  const { width, height } = PLOT;
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'aria-labelledby': 'title desc',
  };
  return `${tag(
    'svg',
    attributes,
    tag('title', { id: 'title' }, escapeXml(text.title)),
    tag('desc', { id: 'desc' }, escapeXml(text.description)),
    tag('style', {}, STYLE),
    tag('rect', { class: 'ground', width, height }),
    label(text.title, { class: 'ink title', x: PLOT.left, y: 28 }),
    ...legendOf(legend, swatch),
    ...body,
    label(text.xLabel, {
      class: 'soft',
      x: (PLOT.left + PLOT.right) / 2,
      y: height - 12,
      'text-anchor': 'middle',
    }),
    label(text.yLabel, { class: 'soft', x: 12, y: PLOT.top - 12 }),
  )}\n`;
}

function legendOf(names: readonly string[], swatch: 'line' | 'bar'): readonly string[] {
  let x: number = PLOT.left;
  return names.map((name, index) => {
    const at = x;
    x += 52 + name.length * 7;
    const sample =
      swatch === 'line'
        ? tag('line', {
            class: 'line',
            'stroke-dasharray': DASHES[index] ?? 'none',
            x1: at,
            x2: at + 30,
            y1: 48,
            y2: 48,
          })
        : tag('rect', { class: 'bar', x: at + 14, y: 41, width: 14, height: 14 });
    return tag('g', { class: `s${index}` }, sample, label(name, { class: 'ink', x: at + 36, y: 53 }));
  });
}

/** Horizontal lines with their values. */
export function yAxis(scale: Scale): readonly string[] {
  return scale.ticks.map((tick) =>
    tag(
      'g',
      {},
      tag('line', {
        class: 'grid',
        x1: PLOT.left,
        x2: PLOT.right,
        y1: scale.at(tick),
        y2: scale.at(tick),
      }),
      label(scale.format(tick), {
        class: 'soft',
        x: PLOT.left - 8,
        y: scale.at(tick) + 4,
        'text-anchor': 'end',
      }),
    ),
  );
}
