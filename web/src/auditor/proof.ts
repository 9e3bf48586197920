import { oneForm, verifyBundle, webPrimitives, type Trusted, type Verdict } from '@roamgrid/auditor';
import { facts, h } from '../shared/dom.ts';
import { energy, money } from '../shared/format.ts';
import { wordsOf } from '../shared/load.ts';
import { table } from '../shared/table.ts';
import { bundle, type Evidence, type Source } from './api.ts';
import { checkpointGiven, type Given } from './trust.ts';

/** One bill proven in this browser from its bundle and the checkpoint, by the auditor's own model. */

const signersTable = ({ signers }: Trusted): HTMLElement =>
  table(
    'Signed by',
    ['Utility', 'Thumbprint of its key'],
    signers.map(({ utilityId, thumbprint }) => [utilityId, h('span', { class: 'print' }, thumbprint)]),
  );

/** What a checkpoint says, to be compared with what its signers say of themselves. */
export const trustedFacts = (trusted: Trusted): readonly HTMLElement[] => [
  facts([
    ['Channel', trusted.channel],
    ['Blocks', String(trusted.blocks)],
    ['Last block', trusted.hash],
  ]),
  signersTable(trusted),
];

const verdictLine = (text: string, kind: 'good' | 'bad'): HTMLElement =>
  h('p', { class: `verdict ${kind}`, id: 'proof', role: 'status' }, text);

/** What of a verdict people want to see. */
export function verdictOf(verdict: Verdict): readonly HTMLElement[] {
  if (!verdict.holds) return [verdictLine(`✗ ${verdict.firstFailure}`, 'bad')];
  const { sessions, bill, clearing } = verdict.told;
  const exact = (micros: bigint, currency: string) => money(micros.toString(), currency, undefined, 6);
  return [
    verdictLine('✓ The bill holds', 'good'),
    facts([
      ...sessions.flatMap(({ sessionId, currency, totalMicros, energyWh }): (readonly [string, string])[] => [
        ['Session', sessionId],
        ['Energy', energy(energyWh.toString())],
        ['Total, rated anew', exact(totalMicros, currency)],
      ]),
      ...(bill === undefined
        ? []
        : [[`Payable to ${bill.utilityId}`, exact(bill.payableMicros, bill.currency)] as const]),
      ...(bill === undefined || bill.bookingsMicros === 0n
        ? []
        : [['Of it for reservations, not proven', exact(bill.bookingsMicros, bill.currency)] as const]),
      ...(bill === undefined || bill.givenMicros === 0n
        ? []
        : [['Less what a car gave, not proven', exact(bill.givenMicros, bill.currency)] as const]),
      ...[...clearing].map(([key, state]): readonly [string, string] => [key, state]),
    ]),
  ];
}

export const verifyText = (text: string, { text: checkpoint }: Given): Promise<Verdict> =>
  verifyBundle(webPrimitives, text, checkpoint);

/** What of a bundle that holds is not what the screen shows: a gateway may answer with another session's. */
function otherThanShown({ record, cdr }: Evidence, verdict: Verdict): string | undefined {
  if (!verdict.holds) return undefined;
  const [proven, ...more] = verdict.told.sessions;
  if (proven?.sessionId !== record.sessionId || more.length > 0)
    return `the bundle proves session ${proven?.sessionId ?? 'none'}, not this one`;
  if (cdr === undefined) return undefined;
  const { totalMicros, currency, energyWh } = proven;
  const isShown =
    cdr.totalMicros === totalMicros.toString() &&
    cdr.currency === currency &&
    cdr.energyWh === energyWh.toString();
  if (isShown) return undefined;
  const total = money(totalMicros.toString(), currency, undefined, 6);
  return `the signed blocks say ${energy(energyWh.toString())} for ${total}, which is not what is shown here`;
}

/** On a session's screen: asks for its bundle and verifies it by the checkpoint that was given. */
export function proofCard(shown: Evidence, source: Source): HTMLElement {
  const given = checkpointGiven();
  const answer = h('div', { class: 'answer' });
  const card = (...children: (HTMLElement | string)[]) =>
    h('section', { class: 'card' }, h('h2', {}, 'Proven by signed blocks'), ...children);
  if (given === undefined)
    return card(
      h(
        'p',
        {},
        'What every peer signed proves this bill without trust in the gateway that is asked. For that, ',
        h('a', { href: '#/verify' }, 'give a checkpoint'),
        ' that you have from the utilities themselves.',
      ),
    );
  const prove = async (): Promise<void> => {
    answer.replaceChildren(h('p', { class: 'lead pulse' }, 'Verifying …'));
    try {
      const told = await bundle(source.utilityId, shown.record.sessionId, given.trusted.blocks);
      const verdict = await verifyText(oneForm(told), given);
      const other = otherThanShown(shown, verdict);
      answer.replaceChildren(
        ...(other === undefined ? verdictOf(verdict) : [verdictLine(`✗ ${other}`, 'bad')]),
      );
    } catch (error) {
      answer.replaceChildren(verdictLine(`✗ ${wordsOf(error)}`, 'bad'));
    }
  };
  return card(
    h('p', { class: 'lead' }, `By ${given.name}: ${given.trusted.blocks} blocks of ${given.trusted.channel}`),
    h(
      'div',
      { class: 'row' },
      h('button', { type: 'button', onclick: () => void prove() }, 'Prove this bill'),
    ),
    answer,
  );
}
