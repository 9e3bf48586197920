import { OBJECTS } from './objects.ts';
import { OCPP_VERSIONS, SOURCES, type IecRow } from './row.ts';
import { SERVICES } from './services.ts';

const code = (names: readonly string[]): string =>
  names.length === 0 ? '–' : names.map((name) => `\`${name}\``).join(', ');

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const table = (rows: readonly IecRow[], first: string): readonly string[] => [
  line([first, 'facts', ...OCPP_VERSIONS.map((version) => `OCPP ${version}`), 'read', 'note']),
  line(Array.from({ length: OCPP_VERSIONS.length + 4 }, () => '---')),
  ...rows.map((row) =>
    line([
      row.object,
      code(row.facts),
      ...OCPP_VERSIONS.map((version) => code(row.messages[version])),
      `${row.source}: ${row.reading}`,
      row.note ?? '',
    ]),
  ),
];

/** `docs/iec.md`, whole. */
export const iecDocument = (): string =>
  [
    '# IEC 61850 and IEC 63110 beside Roamgrid and OCPP',
    '',
    'Written by `npm run iec -w ocpp` from the table in `ocpp/src/iec`; a test reads this file and finds it equal, every fact a field',
    'of the schemas in `wire`, and every message one of its version of OCPP. A dash: there is none.',
    '',
    'What each row stands on could be read as its definition, as the abstract or the title of one, or not at all.',
    '',
    '<!-- prettier-ignore-start -->',
    line(['source', 'standard', 'read in']),
    line(['---', '---', '---']),
    ...Object.entries(SOURCES).map(([id, { standard, readIn }]) => line([id, standard, readIn])),
    '<!-- prettier-ignore-end -->',
    '',
    'The report’s own namespace calls itself transitional, to be taken into the next edition of IEC 61850-7-420. The namespace file of',
    'that edition has none of its logical nodes for vehicles and their supply: a charging point is a load or a storage there.',
    '',
    '## Objects of IEC 61850',
    '',
    '<!-- prettier-ignore-start -->',
    ...table(OBJECTS, 'logical node and data objects'),
    '<!-- prettier-ignore-end -->',
    '',
    '## Services of IEC 63110',
    '',
    '<!-- prettier-ignore-start -->',
    ...table(SERVICES, 'service'),
    '<!-- prettier-ignore-end -->',
    '',
  ].join('\n');
