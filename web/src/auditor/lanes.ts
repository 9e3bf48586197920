import { h } from '../shared/dom.ts';
import { duration } from '../shared/format.ts';
import { table, type Cell } from '../shared/table.ts';
import { gaps, listAll, type Gaps, type Lane, type Source } from './api.ts';
import { lines, utc } from './sections.ts';

/** Open numbers that are listed; all of them can be had as sessions in the state `opened`. */
const LISTED = 100;

const missingOf = (report: Gaps, laneId: string): string =>
  report.gaps
    .filter((gap) => gap.laneId === laneId)
    .map(({ fromSequence, toSequence }) =>
      fromSequence === toSequence ? String(fromSequence) : `${fromSequence} to ${toSequence}`,
    )
    .join(', ') || 'none';

const laneRow = (lane: Lane, report: Gaps, nameOf: (utilityId: string) => string): readonly Cell[] => [
  h('a', { href: `#/sessions?laneId=${lane.laneId}` }, lane.laneId),
  lines([`at ${nameOf(lane.vun)}`, `for ${nameOf(lane.hun)}`]),
  ...[lane.opened, lane.open, lane.closed, lane.voided, lane.expired].map(String),
  String(report.lanes.find(({ laneId }) => laneId === lane.laneId)?.lastSequence ?? 0),
  missingOf(report, lane.laneId),
];

const dueText = ({ claimed, dueAtMs }: Gaps['open'][number], atMs: number): string => {
  if (claimed) return 'end claimed';
  if (dueAtMs === undefined) return 'known to the parties';
  return dueAtMs < atMs ? `overdue since ${utc(dueAtMs)}` : utc(dueAtMs);
};

function openCard({ open, openCount, atMs }: Gaps): HTMLElement {
  const shown = open.slice(0, LISTED);
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, 'Open numbers'),
    shown.length === 0
      ? h('p', {}, 'Every number that was opened has ended.')
      : table(
          'Open numbers, the oldest first',
          ['Session', 'Opened (UTC)', 'Open for', 'Must end by (UTC)'],
          shown.map((number) => [
            h('a', { href: `#/sessions/${number.sessionId}` }, number.sessionId),
            utc(number.openedAtMs),
            duration(number.ageMs),
            dueText(number, atMs),
          ]),
        ),
    shown.length < openCount
      ? h(
          'p',
          {},
          `These are the oldest ${shown.length} of ${openCount}. `,
          h('a', { href: '#/sessions?state=opened' }, 'All open sessions'),
        )
      : undefined,
  );
}

/** Every lane: what became of its numbers, which bills are missing, and which numbers are still open. */
export async function laneScreen(
  source: Source,
  nameOf: (utilityId: string) => string,
): Promise<{ readonly content: readonly HTMLElement[]; readonly said: string }> {
  const [report, lanes] = await Promise.all([gaps(source.utilityId), listAll(source.utilityId, 'lanes')]);
  const missing = report.gaps.reduce(
    (total, { fromSequence, toSequence }) => total + toSequence - fromSequence + 1,
    0,
  );
  const text =
    missing === 0
      ? '✓ No number is missing'
      : `✗ ${missing === 1 ? '1 number is' : `${missing} numbers are`} missing`;
  const content = [
    h('h1', {}, 'Lanes'),
    h(
      'section',
      { class: 'card' },
      h(
        'p',
        { class: 'lead' },
        'A lane numbers the sessions of one utility’s customers at a group of another’s stations, and its bills from 1. Each number that was opened stays open until it is closed, voided or expires. A bill’s number without a record would be a hidden charge.',
      ),
      h('p', { class: `verdict ${missing === 0 ? 'good' : 'bad'}`, id: 'verdict' }, text),
      table(
        'Lanes',
        ['Lane', 'Parties', 'Opened', 'Open', 'Closed', 'Voided', 'Expired', 'Last bill', 'Missing'],
        lanes.items.map((lane) => laneRow(lane, report, nameOf)),
        2,
      ),
      h('p', { class: 'lead' }, `As of block ${report.asOfBlock} at ${source.name}`),
    ),
    openCard(report),
  ];
  return { content, said: text };
}
