import assert from 'node:assert/strict';
import {
  distance,
  decimalText,
  duration,
  energy,
  localSpan,
  money,
  month,
  power,
  sentence,
  shortId,
  span,
} from './format.ts';

describe('amounts for people', () => {
  it('are written exactly, beyond what a float could hold', () => {
    assert.equal(decimalText('9007199254740993', 6), '9007199254.740993');
    assert.equal(decimalText('-1', 6), '-0.000001');
    assert.equal(decimalText('1500000', 6), '1.5');
    assert.equal(decimalText('0', 3), '0');
    assert.equal(money('9007199254740993000001', 'USD', 'en-US', 6), '$9,007,199,254,740,993.000001');
  });

  it('are rounded to the currency for a screen', () => {
    assert.equal(money('7500733', 'USD', 'en-US'), '$7.50');
    assert.equal(money('7500733', 'JPY', 'en-US'), '¥8');
    assert.equal(money('-310232', 'USD', 'en-US'), '-$0.31');
  });

  it('carry their units', () => {
    assert.equal(energy('3892', 'en-US'), '3.892 kWh');
    assert.equal(power('11249', 'en-US'), '11.2 kW');
    assert.deepEqual(
      [354, 1_234, 80_960].map((metres) => distance(metres, 'en-US')),
      ['350 m', '1.2 km', '81 km'],
    );
    assert.equal(duration(36 * 60_000), '36 min');
    assert.equal(duration(65 * 60_000), '1 h 05 min');
    assert.equal(month('2026-11', 'en-US'), 'November 2026');
    assert.equal(month('2026-W47', 'en-US'), '2026-W47');
    assert.equal(sentence('the check is wrong'), 'The check is wrong.');
    assert.equal(sentence('Ask your utility.'), 'Ask your utility.');
  });

  it('say of a span what is the same at both ends once', () => {
    const fromMs = Date.UTC(2026, 10, 20, 14);
    const clocks = localSpan(fromMs, fromMs + 30 * 60_000, 'America/New_York', 'en-US');
    assert.match(clocks, /^0?9:00\s–\s0?9:30\sAM\sEST$/);
    const there = span(fromMs, fromMs + 30 * 60_000, 'en-US');
    assert.equal([...there.matchAll(/2026/g)].length, 1, there);
  });

  it('shorten ids to where neighbours differ', () => {
    assert.equal(shortId('b-01a202c557c9-3f85e3e8d839f25b59c1c2bd5d6ef0a401dbc4de'), '…01dbc4de');
    assert.equal(shortId('s1'), 's1');
  });
});
