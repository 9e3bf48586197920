import assert from 'node:assert/strict';
import { barChart } from './bar-chart.ts';
import { DARK, GROUND, LIGHT } from './frame.ts';
import { lineChart } from './line-chart.ts';
import { linearScale } from './scale.ts';

const text = { title: 'A & B', description: 'x < y', xLabel: 'x', yLabel: 'y' };

describe('a chart', () => {
  it('carries a title and a description that are read out, escaped, and follows the colour scheme', () => {
    const svg = lineChart(text, [
      {
        name: 'one',
        points: [
          [0, 1],
          [2, 3],
        ],
      },
    ]);
    assert.match(svg, /role="img" aria-labelledby="title desc"/u);
    assert.match(svg, /<title id="title">A &amp; B<\/title><desc id="desc">x &lt; y<\/desc>/u);
    assert.match(svg, /prefers-color-scheme:dark/u);
    assert.doesNotMatch(svg, /NaN|undefined/u);
  });

  it('has colours that stand out from the ground of either scheme by at least 4.5 to 1', () => {
    const luminance = (colour: string): number => {
      const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
        const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const contrast = (one: string, other: string): number => {
      const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
      return (high + 0.05) / (low + 0.05);
    };
    for (const colour of LIGHT) assert.ok(contrast(colour, GROUND.light) >= 4.5, colour);
    for (const colour of DARK) assert.ok(contrast(colour, GROUND.dark) >= 4.5, colour);
  });

  it('tells its lines apart by dashes as well as by colour', () => {
    const svg = lineChart(text, [
      {
        name: 'one',
        points: [
          [0, 1],
          [2, 3],
        ],
      },
      {
        name: 'two',
        points: [
          [0, 2],
          [2, 1],
        ],
      },
    ]);
    const dashes = [...svg.matchAll(/<path class="line" stroke-dasharray="([^"]*)"/gu)].map(
      (match) => match[1],
    );
    assert.equal(new Set(dashes).size, 2);
  });

  it('stacks bars so that the top of the last is the sum', () => {
    const svg = barChart(text, ['a', 'b'], [{ name: 'g', values: [30, 70] }], {
      stacked: true,
      format: String,
    });
    const bars = [
      ...svg.matchAll(
        /class="bar" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"\/><text class="on"/gu,
      ),
    ];
    assert.deepEqual(
      bars.map(([, y, height]) => [Number(y), Number(height)]),
      [
        [294, 90],
        [84, 210],
      ],
    );
  });

  it('draws nothing when there is nothing to draw, and no more lines than can be told apart', () => {
    assert.throws(() => lineChart(text, []), RangeError);
    const six = Array.from({ length: 6 }, () => ({ name: 'n', points: [[0, 0]] as const }));
    assert.throws(() => lineChart(text, six), RangeError);
  });

  it('puts ticks at 1, 2 or 5 times a power of ten, with the decimals of their step', () => {
    const scale = linearScale([0, 0.83], [0, 100]);
    assert.deepEqual(scale.ticks.map(scale.format), ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']);
    assert.equal(scale.at(0.5), 50);
    assert.deepEqual(linearScale([-3, 4], [0, 1]).ticks.map(linearScale([-3, 4], [0, 1]).format), [
      '-4',
      '-2',
      '0',
      '2',
      '4',
    ]);
  });
});
