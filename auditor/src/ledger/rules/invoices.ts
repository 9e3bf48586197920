import { hold } from '../../failure.ts';
import type { JsonObject } from '../../json.ts';
import { keyOf } from '../../session/records.ts';
import { text, whole } from '../../shape.ts';
import { changesOf, requireKept, type Change, type Rule, type Step } from '../step.ts';
import { requireParties } from './parties.ts';

/** Invoices and credit notes. Invoices take a lane's batches one after another without a gap, each batch once, and go through their states in order. */

const INVOICE_STEPS: Readonly<Record<string, readonly string[]>> = {
  issued: ['accepted', 'cancelled'],
  accepted: ['netted'],
  // Netted anew when the netting went on without the pair.
  netted: ['netted'],
};

const DISPUTE_STEPS: Readonly<Record<string, readonly string[]>> = {
  disputed: ['revised', 'upheld', 'credited'],
  revised: ['settled'],
  upheld: ['settled'],
};

/** Of a record that was contested after its invoice was accepted: it stays billed, and what is not owed of it is a note. */
const LATE_STEPS: Readonly<Record<string, readonly string[]>> = {
  disputed: ['revised', 'upheld', 'credited'],
  revised: ['settled'],
  credited: ['settled'],
};

const NOTE_STEPS: Readonly<Record<string, readonly string[]>> = { accepted: ['netted'], netted: ['netted'] };

const stateOf = (record: JsonObject, key: string): string => text(record['state'], `the state of ${key}`);

const requireNext = ({ key, before, after }: Change, steps: Readonly<Record<string, readonly string[]>>) => {
  const from = stateOf(before ?? {}, key);
  const to = stateOf(after, key);
  hold(steps[from]?.includes(to) === true, `${key} went from ${from} to ${to}`);
};

interface Span {
  readonly from: number;
  readonly to: number;
}

const spanOf = (record: JsonObject, key: string): Span => ({
  from: whole(record['fromSequence'], `${key}: fromSequence`),
  to: whole(record['toSequence'], `${key}: toSequence`),
});

/** That spans follow one another from one number to another. */
const requireWhole = (spans: readonly Span[], { from, to }: Span, key: string): void => {
  let next = from;
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    hold(span.from === next, `${key}: its batches leave a gap before record ${span.from}, or have one twice`);
    next = span.to + 1;
  }
  hold(next === to + 1, `${key}: its batches end before record ${to}`);
};

/** Whether a dispute ends in this step by its record coming back on an invoice. */
const isBackOn = ({ before, after }: Change, { invoiceId, supplementTo }: JsonObject): boolean =>
  before !== undefined &&
  before['supplementId'] === undefined &&
  after['supplementId'] === invoiceId &&
  after['invoiceId'] === supplementTo &&
  after['late'] !== true &&
  after['state'] === 'settled';

/** What comes back is of one dispute, of the invoice that it was taken off, and comes back once. */
const requireSupplement = (step: Step, { key, after }: Change): void => {
  hold(stateOf(after, key) === 'accepted', `${key} comes back unaccepted`);
  hold(
    changesOf(step, 'dispute').some((each) => isBackOn(each, after)),
    `${key} comes back after no dispute`,
  );
  const disputed = step.records.get(keyOf.invoice(text(after['supplementTo'], key)));
  for (const name of ['agreementId', 'vun', 'hun', 'laneId', 'fromSequence', 'toSequence'])
    hold(after[name] === disputed[name], `${key}: its ${name} is not that of the disputed invoice`);
};

const requireIssued = (step: Step, change: Change): void => {
  const { key, after } = change;
  requireParties(step, after, key);
  hold(after['issuedAtMs'] === step.atMs, `${key} has another time than its transaction`);
  if (after['supplementTo'] !== undefined) {
    requireSupplement(step, change);
    return;
  }
  hold(stateOf(after, key) === 'issued', `${key} did not begin as issued`);
  const span = spanOf(after, key);
  const taken = changesOf(step, 'batch').filter((each) => each.after['invoiceId'] === after['invoiceId']);
  for (const batch of taken) {
    hold(batch.before?.['invoiceId'] === undefined, `${batch.key} was taken by two invoices`);
    hold(batch.after['laneId'] === after['laneId'], `${batch.key} is of another lane than ${key}`);
  }
  requireWhole(
    taken.map((each) => spanOf(each.after, each.key)),
    span,
    key,
  );
  const cursor = changesOf(step, 'lastInvoiced').find((each) => each.after['laneId'] === after['laneId']);
  const last = cursor?.before === undefined ? 0 : whole(cursor.before['toSequence'], 'the last number');
  hold(cursor?.after['toSequence'] === span.to, `${key}: its lane is not invoiced up to its last record`);
  hold(span.from === last + 1, `${key} does not follow the lane’s invoice before it`);
};

/** Taken back, its batches are free again and its lane is invoiced as far as before. */
const requireCancelled = (step: Step, { key, after }: Change): void => {
  const freed = changesOf(step, 'batch').filter((each) => each.before?.['invoiceId'] === after['invoiceId']);
  for (const batch of freed)
    hold(batch.after['invoiceId'] === undefined, `${batch.key} is not free though ${key} was cancelled`);
  const span = spanOf(after, key);
  requireWhole(
    freed.map((each) => spanOf(each.after, each.key)),
    span,
    key,
  );
  const cursor = changesOf(step, 'lastInvoiced').find((each) => each.after['laneId'] === after['laneId']);
  hold(cursor?.after['toSequence'] === span.from - 1, `${key} was cancelled and its records stay invoiced`);
};

const requireDispute = (step: Step, change: Change): void => {
  const { key, before, after } = change;
  if (before === undefined) {
    requireParties(step, after, key);
    hold(stateOf(after, key) === 'disputed', `${key} did not begin as disputed`);
    return;
  }
  requireKept(change, ['state', 'answerHash', 'answeredAtMs', 'supplementId', 'creditId']);
  requireNext(change, after['late'] === true ? LATE_STEPS : DISPUTE_STEPS);
  if (stateOf(after, key) !== 'settled' || after['late'] === true) return;
  const isBack = changesOf(step, 'invoice').some(
    (each) => each.before === undefined && isBackOn(change, each.after),
  );
  hold(isBack, `${key} is settled and its record came back on no invoice`);
};

/** A credit note is what one late dispute came to, and a document of the pair's like an invoice. */
const requireNote = (step: Step, change: Change): void => {
  const { key, before, after } = change;
  if (before !== undefined) {
    requireKept(change, ['state', 'nettingId']);
    requireNext(change, NOTE_STEPS);
    return;
  }
  requireParties(step, after, key);
  hold(stateOf(after, key) === 'accepted', `${key} did not begin as accepted`);
  hold(after['issuedAtMs'] === step.atMs, `${key} has another time than its transaction`);
  const isOf = changesOf(step, 'dispute').some(
    (each) =>
      each.after['late'] === true &&
      each.after['creditId'] === after['creditId'] &&
      each.before?.['creditId'] === undefined &&
      each.after['invoiceId'] === after['invoiceId'],
  );
  hold(isOf, `${key} is of no late dispute`);
};

export class Invoices implements Rule {
  readonly states = new Map<string, number>();

  step(step: Step): void {
    for (const change of changesOf(step, 'batch')) {
      if (change.before === undefined) continue;
      requireKept(change, ['invoiceId']);
      const invoice = change.after['invoiceId'] ?? change.before['invoiceId'];
      const isOf = changesOf(step, 'invoice').some((each) => each.after['invoiceId'] === invoice);
      hold(isOf, `${change.key} was changed by no invoice`);
    }
    for (const change of changesOf(step, 'invoice')) this.#invoice(step, change);
    for (const change of changesOf(step, 'dispute')) requireDispute(step, change);
    for (const change of changesOf(step, 'credit')) requireNote(step, change);
  }

  #invoice(step: Step, change: Change): void {
    const { key, before, after } = change;
    const count = (state: string, by: number): void => {
      this.states.set(state, (this.states.get(state) ?? 0) + by);
    };
    count(stateOf(after, key), 1);
    if (before === undefined) {
      requireIssued(step, change);
      return;
    }
    count(stateOf(before, key), -1);
    requireKept(change, ['state', 'payableHash', 'nettingId']);
    requireNext(change, INVOICE_STEPS);
    const isAccepting = stateOf(after, key) === 'accepted';
    hold(
      before['payableHash'] === after['payableHash'] ||
        (isAccepting &&
          changesOf(step, 'dispute').some(
            (each) => each.before === undefined && each.after['late'] !== true,
          )),
      `${key}: what is payable was changed and nothing was disputed`,
    );
    if (stateOf(after, key) === 'cancelled') requireCancelled(step, change);
  }
}
