import { facts, h } from '../shared/dom.ts';
import { energy, money } from '../shared/format.ts';
import { table } from '../shared/table.ts';
import { evidence, list, listAll, type Bill, type Evidence, type OpenBody, type Source } from './api.ts';
import type { Check, Verdict } from './check.ts';
import { vouchedText } from './meter-checks.ts';
import { proofCard } from './proof.ts';
import { verifySession } from './verify.ts';

const MARK: Readonly<Record<Verdict, readonly [sign: string, word: string, kind: string]>> = {
  matches: ['✓', 'matches', 'good'],
  differs: ['✗', 'does not match', 'bad'],
  unseen: ['–', 'cannot be seen here', 'lead'],
};

function checkItem({ id, claim, verdict, detail }: Check): HTMLElement {
  const [sign, word, kind] = MARK[verdict];
  return h(
    'li',
    { 'data-check': id, 'data-verdict': verdict },
    h('span', { class: `mark ${kind}`, 'aria-hidden': 'true' }, sign),
    h('div', {}, h('p', { class: kind }, `${claim}: ${word}`), h('p', { class: 'lead detail' }, detail)),
  );
}

function verdictOf(checks: readonly Check[]): readonly [text: string, kind: string] {
  const count = (verdict: Verdict) => checks.filter((each) => each.verdict === verdict).length;
  if (count('differs') > 0) return [`✗ ${count('differs')} of ${checks.length} checks do not match`, 'bad'];
  if (count('unseen') > 0)
    return [`${count('matches')} of ${checks.length} checks match, the rest cannot be seen from here`, ''];
  return [`✓ All ${checks.length} checks match`, 'good'];
}

/** Hand the evidence over as a file, for a check without any network. */
function saveButton(of: Evidence): HTMLElement {
  const save = () => {
    const url = URL.createObjectURL(new Blob([JSON.stringify(of, null, 1)], { type: 'application/json' }));
    h('a', { href: url, download: `session-${of.record.sessionId}.json` }).click();
    URL.revokeObjectURL(url);
  };
  return h('button', { type: 'button', onclick: save }, 'Save the evidence');
}

function recordCard(of: Evidence, nameOf: (id: string) => string): HTMLElement {
  const { record, cdr } = of;
  const open = of.openBody === undefined ? undefined : (JSON.parse(of.openBody) as OpenBody);
  const exact = (micros: string) => money(micros, cdr?.currency ?? 'USD', undefined, 6);
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, 'The record'),
    facts([
      ['Charged at', nameOf(record.vun)],
      ['Customer of', nameOf(record.hun)],
      ['Lane', record.laneId],
      ['State', record.state],
      ...(open ? ([['Outlet', open.quote.evseId]] as const) : []),
      ...(cdr
        ? ([
            ['Energy', energy(cdr.energyWh)],
            ['Total', exact(cdr.totalMicros)],
            ['Metered', vouchedText(cdr.meteredBy, nameOf(cdr.vun))],
            ['Bill', `number ${cdr.laneSequence} of the lane`],
            ['Tariff', `${cdr.tariffId} version ${cdr.tariffVersion}`],
          ] as const)
        : []),
    ]),
    cdr &&
      table(
        'Price lines',
        ['Line', 'Tariff element', 'Quantity', 'Unit price', 'Amount'],
        cdr.lines.map((line) => [
          line.kind,
          line.element === undefined ? '' : String(line.element),
          `${line.quantity} ${line.unit === '1' ? '' : line.unit}`,
          line.unitPrice,
          exact(line.amountMicros),
        ]),
        2,
      ),
    h('div', { class: 'row' }, saveButton(of)),
  );
}

/** The bills of a session's batch, as a party's gateway derives them. */
async function billsOf(utilityId: string, { batch, cdr }: Evidence): Promise<readonly Bill[]> {
  if (batch === undefined || cdr === undefined) return [];
  const { items } = await listAll(utilityId, 'sessions', { batchId: batch.batchId });
  return items.flatMap((item) => item.cdr ?? []);
}

/** Tariffs of the visited utility that were valid when the session opened. */
async function tariffsOf(utilityId: string, { openBody, record }: Evidence) {
  if (openBody === undefined) return [];
  const { openedAtMs } = JSON.parse(openBody) as OpenBody;
  const query = { utilityId: record.vun, atMs: String(openedAtMs) };
  return (await listAll(utilityId, 'tariffs', query)).items;
}

/** One session, verified in this browser. */
export async function sessionScreen(
  sessionId: string,
  source: Source,
  sources: readonly Source[],
): Promise<{ readonly content: HTMLElement[]; readonly said: string }> {
  const [of, stations, utilities, others] = await Promise.all([
    evidence(source.utilityId, sessionId),
    list(source.utilityId, 'stations'),
    list(source.utilityId, 'utilities'),
    Promise.all(
      sources
        .filter(({ utilityId }) => utilityId !== source.utilityId)
        .map(async ({ utilityId, name }) => ({
          name,
          evidence: await evidence(utilityId, sessionId).catch(() => undefined),
        })),
    ),
  ]);
  const checks = await verifySession({
    evidence: of,
    others,
    bills: await billsOf(source.utilityId, of),
    stations: stations.items,
    tariffs: await tariffsOf(source.utilityId, of),
    utilities: utilities.items,
  });
  const [text, kind] = verdictOf(checks);
  const nameOf = (id: string) => sources.find(({ utilityId }) => utilityId === id)?.name ?? id;
  const content = [
    h('p', {}, h('a', { href: '#/sessions' }, 'All sessions')),
    h('h1', {}, 'Session ', h('span', { class: 'id' }, sessionId)),
    h(
      'section',
      { class: 'card' },
      h('h2', {}, 'Verified in this browser'),
      h('p', { class: `verdict ${kind}`, id: 'verdict' }, text),
      h('ul', { class: 'checks' }, ...checks.map(checkItem)),
    ),
    ...(of.record.state === 'closed' ? [proofCard(of, source)] : []),
    recordCard(of, nameOf),
  ];
  return { content, said: text };
}
