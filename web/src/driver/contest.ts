import type { driverContests } from '@roamgrid/wire';
import type { z } from 'zod';
import { h } from '../shared/dom.ts';
import { wordsOf } from '../shared/load.ts';
import { speech } from './words/speech.ts';

/** A line of the bill that the driver contests: what was said, and what became of it. */

export type Contest = z.input<typeof driverContests>['contests'][number];
/** Sends a contest; the bills are drawn anew with it. */
export type TellContest = (sessionId: string, statement: string) => Promise<void>;

const standing = ({ state, statement, answer }: Contest): HTMLElement => {
  const words = speech().words.contest;
  return h(
    'p',
    { class: 'lead contest', 'data-contest': state },
    [
      words.states[state],
      words.said(statement),
      ...(answer === undefined ? [] : [words.answer(answer)]),
    ].join(' '),
  );
};

/** What the driver can say of a session, or has said. */
export function contestOf(sessionId: string, contest: Contest | undefined, tell: TellContest): HTMLElement {
  if (contest !== undefined) return standing(contest);
  const words = speech().words.contest;
  const problem = h('p', { class: 'problem', role: 'alert' });
  const id = `contest-${sessionId}`;
  const statement = h('textarea', {
    id,
    required: true,
    maxlength: '2000',
    rows: '3',
    'aria-describedby': `${id}-hint`,
  });
  const send = h('button', { type: 'submit', class: 'primary' }, words.send);
  const form = h(
    'form',
    {
      onsubmit: (event) => {
        event.preventDefault();
        if (statement.value.trim() === '') return;
        send.disabled = true;
        tell(sessionId, statement.value.trim()).catch((error: unknown) => {
          problem.textContent = wordsOf(error);
          send.disabled = false;
        });
      },
    },
    h('label', { for: id }, words.why),
    h('p', { id: `${id}-hint`, class: 'lead' }, words.hint),
    statement,
    send,
    problem,
  );
  return h('details', { class: 'contest' }, h('summary', {}, words.title), form);
}
