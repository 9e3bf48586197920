import { err, ok, type DomainError, type Result } from '../result/index.ts';

/** The life of a session on the ledger: `opened → closed → invoiced → accepted | disputed → settled`. */

export const SESSION_STATES = [
  'opened',
  'closed',
  'invoiced',
  'accepted',
  'disputed',
  'settled',
  'voided',
  'expired',
] as const;

export type SessionState = (typeof SESSION_STATES)[number];

export const SESSION_EVENTS = [
  /** Visited utility: the charge record is in. */
  'close',
  /** Visited utility: the session is on an invoice. */
  'invoice',
  /** Home utility: takes the record as it stands, after a dispute as well. */
  'accept',
  /** Home utility: contests the record, with a reason. */
  'dispute',
  /** Visited utility: answers a dispute with a corrected record. */
  'revise',
  /** Visited utility: answers a dispute by standing by its record. */
  'uphold',
  /** Both: the net payment that contains it is confirmed. */
  'settle',
  /** Visited utility: nothing is charged, what was invoiced is credited. */
  'void',
  /** Anyone: the consent's bound has passed and no charge record came. */
  'expire',
] as const;

export type SessionEvent = (typeof SESSION_EVENTS)[number];

type Row = Readonly<Record<SessionEvent, SessionState | null>>;

const NOTHING: Row = {
  close: null,
  invoice: null,
  accept: null,
  dispute: null,
  revise: null,
  uphold: null,
  settle: null,
  void: null,
  expire: null,
};

/**
 * Where each event leads from each state; `null` is a refusal. A dispute ends in the home utility's acceptance or the
 * visited utility's voiding; a revision or a stand-by puts the session back before the home utility.
 */
const TRANSITIONS: Readonly<Record<SessionState, Row>> = {
  opened: { ...NOTHING, close: 'closed', void: 'voided', expire: 'expired' },
  closed: { ...NOTHING, invoice: 'invoiced', void: 'voided' },
  invoiced: { ...NOTHING, accept: 'accepted', dispute: 'disputed' },
  accepted: { ...NOTHING, settle: 'settled' },
  disputed: { ...NOTHING, revise: 'invoiced', uphold: 'invoiced', accept: 'accepted', void: 'voided' },
  settled: NOTHING,
  voided: NOTHING,
  expired: NOTHING,
};

export interface TransitionError extends DomainError<'SESSION_TRANSITION'> {
  readonly state: SessionState;
  readonly event: SessionEvent;
}

/** What may happen next in a state, in the order of {@link SESSION_EVENTS}; nothing in a final one. */
export const possibleEvents = (state: SessionState): readonly SessionEvent[] =>
  SESSION_EVENTS.filter((event) => TRANSITIONS[state][event] !== null);

/** True when nothing more can happen. */
export const isFinal = (state: SessionState): boolean => possibleEvents(state).length === 0;

/** The state after an event, or a refusal that says what is possible instead. */
export const nextState = (
  state: SessionState,
  event: SessionEvent,
): Result<SessionState, TransitionError> => {
  const next = TRANSITIONS[state][event];
  if (next !== null) return ok(next);
  const possible = possibleEvents(state);
  const instead = possible.length === 0 ? 'nothing more can happen' : `possible: ${possible.join(', ')}`;
  return err({
    code: 'SESSION_TRANSITION',
    message: `a session that is ${state} cannot ${event} (${instead})`,
    state,
    event,
  });
};
