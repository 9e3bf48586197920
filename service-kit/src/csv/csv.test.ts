import assert from 'node:assert/strict';
import { decimalText, inferDecimalMark, numberText } from './numbers.ts';
import { inferDateOrder, parseInterval, parseStamp, type DateOrder } from './stamps.ts';
import { readTable, SEPARATORS } from './table.ts';

const stampText = (cell: string, order: DateOrder = 'dmy'): string => {
  const stamp = parseStamp(cell, order);
  if (stamp === undefined) return 'none';
  const iso = new Date(stamp.ms).toISOString();
  return `${stamp.kind === 'instant' ? iso : iso.slice(0, -1)}${stamp.offsetMs === undefined ? '' : ` ${stamp.offsetMs / 3_600_000}`}`;
};

describe('a table of any publisher', () => {
  const TEXT = ['Périmètre|a', '1|x', '2|ü'];
  const encodings: readonly (readonly [name: string, encode: (text: string) => Uint8Array])[] = [
    ['utf-8', (text) => Buffer.from(text)],
    ['utf-8', (text) => Buffer.from(`\uFEFF${text}`)],
    ['utf-16le', (text) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['utf-16le', (text) => Buffer.from(text, 'utf16le')],
    ['utf-16be', (text) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
    ['windows-1252', (text) => Buffer.from(text, 'latin1')],
  ];
  it('is read whatever its encoding, its separator, its line ends and what stands above its header', () => {
    for (const [name, encode] of encodings)
      for (const separator of SEPARATORS)
        for (const head of [[], ['# made up'], ['A report', '', 'with a head']]) {
          const text = [...head, ...TEXT.map((line) => line.replace('|', separator))].join('\r\n');
          const table = readTable(encode(text), { columns: ['Périmètre', 'a'] });
          assert.ok(table.ok);
          assert.deepEqual(table.value.header, ['Périmètre', 'a']);
          assert.deepEqual(
            table.value.rows.map(({ cells }) => cells),
            [
              ['1', 'x'],
              ['2', 'ü'],
            ],
          );
          assert.equal(table.value.rows[0]?.line, head.length + 2);
          assert.deepEqual([table.value.separator, table.value.encoding], [separator, name]);
        }
  });

  it('finds its header without being told the columns, and its separator by the shape of its rows', () => {
    const table = readTable(Buffer.from('some words\n\nday;load\n01.02.2024;1,5\n02.02.2024;2,5\n'));
    assert.ok(table.ok);
    assert.deepEqual([table.value.header, table.value.separator], [['day', 'load'], ';']);
  });

  it('says what is wrong: no rows, no such column, no table', () => {
    const refusal = (text: string, columns: readonly string[] = ['a']): string => {
      const table = readTable(Buffer.from(text), { columns });
      return table.ok ? 'ok' : `${table.error.code} ${table.error.message}`;
    };
    assert.equal(refusal('a,b\n'), 'EMPTY_FILE the file has no rows under its header');
    assert.equal(refusal(''), 'EMPTY_FILE the file is empty');
    assert.equal(
      refusal('a;b\n1;2\n', ['a', 'c']),
      "NO_COLUMN no column 'c'; the file, parted by semicolons, has: a, b",
    );
    assert.match(refusal('a,b\n"1,2\n'), /^MALFORMED_CSV /);
    assert.equal(refusal('A,  load [MW] - X\n1,2', ['a', 'Load [MW]*']), 'ok');
  });
});

describe('numbers as publishers write them', () => {
  it('are told by the column: thousands, decimals, spaces and apostrophes', () => {
    const read = (cells: readonly string[], separator = ','): readonly (string | undefined)[] => {
      const { mark } = inferDecimalMark(cells, separator);
      return cells.map((cell) => numberText(cell, mark));
    };
    assert.deepEqual(read(['9,462', '10,081']), ['9462', '10081']);
    assert.deepEqual(read(['9,462', '10,081.5']), ['9462', '10081.5']);
    assert.deepEqual(read(['13.077,07', '9.462', '100'], ';'), ['13077.07', '9462', '100']);
    assert.deepEqual(read(['26,08', '9,462'], ';'), ['26.08', '9.462']);
    assert.deepEqual(read(['50011,8', '7'], ','), ['50011.8', '7']);
    assert.deepEqual(read(['1 234,5', "1'234,5", '1\u00a0234,5'], ';'), ['1234.5', '1234.5', '1234.5']);
    assert.deepEqual(read(['26,08', '1,026.08']), ['26.08', '1026.08']);
    assert.deepEqual(read(['1000', '1,000', '1200']), ['1000', '1000', '1200']);
    assert.deepEqual(read(['-1.5', '+2.', '.5', '1e3']), ['-1.5', '2', '0.5', '1e3']);
    assert.deepEqual(read(['12,34,56', 'x', '', '1.2.3', '1-2']).slice(1), [
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('are open where nothing tells, and then so is said', () => {
    assert.deepEqual(inferDecimalMark(['9,462', '1,026'], ','), { mark: '.', unclear: '9,462' });
    assert.deepEqual(inferDecimalMark(['9,462', '1,026'], ';'), { mark: ',', unclear: '9,462' });
    assert.deepEqual(inferDecimalMark(['9.462', '0.026'], ';'), { mark: '.' });
    assert.equal(decimalText('9,462', ','), '9.462');
    assert.equal(decimalText('9,462', '.'), '9462');
  });

  it('come back from every style that a generator writes them in', () => {
    for (const seed of [1, 7, 13]) {
      const values = Array.from({ length: 40 }, (_, index) => ((index * 7919 * seed) % 99_999) + 0.25);
      for (const locale of ['en-US', 'de-DE', 'de-CH', 'fr-FR', 'sv-SE', 'es-ES']) {
        const cells = values.map((value) => value.toLocaleString(locale).replace('−', '-'));
        const { mark } = inferDecimalMark(cells, ';');
        assert.deepEqual(
          cells.map((cell) => Number(decimalText(cell, mark))),
          values,
          locale,
        );
      }
    }
  });
});

describe('stamps as publishers write them', () => {
  const AT = '2024-10-01T05:00:00.000';
  const bare = [
    '2024-10-01 05:00',
    '2024-10-01T05:00:00',
    '2024/10/1 5:00',
    '01.10.2024 05:00',
    '01/10/2024 5:00 AM',
    '1/10/24 05:00',
    '01-10-2024 05:00',
    '20241001 0500',
    '20241001T050000',
    '202410010500',
    '01-OCT-2024 05:00',
    '1 October 2024 05:00',
    'Oct 1, 2024 5:00 AM',
    'Tue, 1 Oct 2024 05:00:00',
    '2024-10-01 5:00:00 a.m.',
  ];
  it('are one instant in every form', () => {
    for (const cell of bare) assert.equal(stampText(cell), AT, cell);
    for (const cell of ['10/01/2024 05:00', '10/1/24 5:00 AM', '10-01-2024 05:00'])
      assert.equal(stampText(cell, 'mdy'), AT, cell);
    for (const cell of [
      'Tue, 01 Oct 2024 05:00:00 GMT',
      '2024-10-01 05:00:00 UTC',
      '2024-10-01T05:00Z',
      '2024-10-01T07:00:00+02:00',
      '2024-10-01 01:00-0400',
      '2024-10-01 08:00 UTC+3',
      '1727758800',
      '1727758800000',
    ])
      assert.equal(stampText(cell), `${AT}Z`, cell);
    assert.equal(stampText('2024-10-01 05:00 EDT'), `${AT} -4`);
    assert.equal(stampText('2024-10-01 05:00 MESZ'), `${AT} 2`);
    assert.equal(stampText('2024-10-01T05:00:00.4008'), '2024-10-01T05:00:00.400');
    assert.equal(stampText('2024-10-01 24:00'), '2024-10-02T00:00:00.000');
    assert.equal(stampText('12/31/2017 12:30 AM', 'mdy'), '2017-12-31T00:30:00.000');
    assert.equal(stampText('12/31/2017 12:30 PM', 'mdy'), '2017-12-31T12:30:00.000');
  });

  it('are none where there is no such day, hour or zone', () => {
    for (const cell of [
      '2024-02-30',
      '31/04/2024',
      '2024-10-01 25:00',
      '2024-10-01 24:30',
      '2024-10-01 13:00 PM',
      'yesterday',
      '',
      '7',
      '2024-10-01 05:00 XYZ',
      '2024-13-01',
    ])
      assert.equal(stampText(cell), 'none', cell);
  });

  it('can be both ends of an interval', () => {
    for (const cell of [
      '01.10.2024 05:00 - 01.10.2024 06:00',
      '2024-10-01 05:00/2024-10-01 06:00',
      '01/10/2024 05:00 – 01/10/2024 06:00',
    ]) {
      const [start, end] = parseInterval(cell, 'dmy') ?? [];
      assert.deepEqual([start?.ms, end?.ms], [Date.parse(`${AT}Z`), Date.parse(`${AT}Z`) + 3_600_000], cell);
    }
    assert.equal(parseInterval('2024-10-01 - later', 'dmy'), undefined);
  });

  it('show the order of day and month, or that it has to be told', () => {
    assert.equal(inferDateOrder(['1/2/2019', '13/2/2019']), 'dmy');
    assert.equal(inferDateOrder(['1/2/2019', '2/13/2019']), 'mdy');
    assert.equal(inferDateOrder(['1.2.2019']), 'dmy');
    assert.equal(inferDateOrder(['1/2/2019']), undefined);
    assert.equal(inferDateOrder(['2019-01-02', 'Oct 1, 2024']), 'unneeded');
  });
});
