import type { driverContests } from '@roamgrid/wire';
import type { z } from 'zod';
import { h } from '../shared/dom.ts';
import { whyOf } from '../shared/load.ts';
import type { DriverWords } from './words/english.ts';
import { speech } from './words/speech.ts';

/** A line of the bill that the driver contests: what was said, and what became of it. */

export type Contest = z.input<typeof driverContests>['contests'][number];
/** What a driver has written of a session and home has not taken. */
export interface Draft {
  readonly text: string;
  readonly isSending?: boolean;
  /** Why it was not taken. */
  readonly failure?: unknown;
}

/** Where the contest of a session stands on the page. */
export const contestId = (sessionId: string): string => `contest-${sessionId}`;

/** What became of a contest, in words. */
export const standingOf = (
  words: DriverWords['contest'],
  { state, statement, answer, refusal }: Contest,
): string =>
  [
    words.states[state],
    ...(refusal === undefined ? [] : [words.refused]),
    words.said(statement),
    ...(answer === undefined ? [] : [words.answer(answer)]),
  ].join(' ');

const standing = (contest: Contest): HTMLElement =>
  h(
    'p',
    {
      class: 'lead contest',
      id: contestId(contest.sessionId),
      tabindex: '-1',
      'data-contest': contest.state,
    },
    standingOf(speech().words.contest, contest),
  );

export interface ContestView {
  readonly contests: readonly Contest[];
  /** By session; they stay when the page is drawn anew. */
  readonly drafts: Map<string, Draft>;
  /** Sends a contest; the bills are drawn anew with what becomes of it. */
  readonly tell: (sessionId: string, statement: string) => void;
}

/** What the driver can say of a session, or has said. */
export function contestOf(sessionId: string, { contests, drafts, tell }: ContestView): HTMLElement {
  const contest = contests.find((each) => each.sessionId === sessionId);
  if (contest !== undefined) return standing(contest);
  const words = speech().words.contest;
  const id = contestId(sessionId);
  const draft = drafts.get(sessionId);
  const statement = h('textarea', {
    id,
    required: true,
    maxlength: '2000',
    rows: '3',
    'aria-describedby': `${id}-hint`,
    oninput: () => {
      drafts.set(sessionId, { text: statement.value });
    },
  });
  statement.value = draft?.text ?? '';
  const send = h(
    'button',
    { type: 'submit', class: 'primary', disabled: draft?.isSending === true },
    words.send,
  );
  const form = h(
    'form',
    {
      onsubmit: (event) => {
        event.preventDefault();
        if (statement.value.trim() !== '') tell(sessionId, statement.value.trim());
      },
    },
    h('label', { for: id }, words.why),
    h('p', { id: `${id}-hint`, class: 'lead' }, words.hint),
    statement,
    send,
    h(
      'p',
      { class: 'problem', role: 'alert' },
      ...(draft?.failure === undefined ? [] : [whyOf(draft.failure)]),
    ),
  );
  return h('details', { class: 'contest', open: draft !== undefined }, h('summary', {}, words.title), form);
}
