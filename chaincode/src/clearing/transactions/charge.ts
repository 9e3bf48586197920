import {
  allocationHeader,
  allocationRecord,
  chargeBody,
  chargeRecord,
  owedFor,
  privateKey,
  reservationBody,
  reservationRecord,
  stateKey,
  type AgreementTerms,
  type AllocationHeader,
  type AllocationRecord,
  type ChargeBody,
  type ChargeItem,
  type ReservationRecord,
  type clearingCommands,
} from '@roamgrid/wire';
import { getDealing, openTerms, putBodies } from '../../consortium/agreement.ts';
import { ensure, refuse, requireMember, type Transaction, type Verb, zip } from '../../context/index.ts';
import { noteDue } from '../../netting/pair.ts';
import { chargeFlexibility } from '../charge-flexibility.ts';
import { openOwed, requireOwes } from '../invoicing.ts';
import { requireRunning } from '../running-period.ts';

type Note = Pick<ChargeBody, 'chargeId' | 'vun' | 'hun' | 'agreementId'>;
type ReservationItem = Extract<ChargeItem, { kind: 'reservation' }>;
type EnergyItem = Extract<ChargeItem, { kind: 'compute' | 'v2l' }>;

type Chargeable = Pick<ReservationRecord | AllocationRecord, 'vun' | 'hun' | 'agreementId' | 'chargeId'>;

/** Refuses what is not this pair's, whose text is another one, or what stands on a note already. */
const requireDue = (
  what: string,
  record: Chargeable,
  { vun, hun, agreementId }: Note,
  isOwnText: boolean,
): void => {
  ensure(
    record.vun === vun && record.hun === hun && record.agreementId === agreementId,
    'INVALID_ARGUMENT',
    `${what} is of another pair or agreement`,
  );
  ensure(isOwnText, 'HASH_MISMATCH', `what travels of ${what} is not what both endorsed`);
  ensure(record.chargeId === undefined, 'WRONG_STATE', `${what} stands on ${record.chargeId ?? ''} already`);
};

/** Marks the reservations of a note as charged, each once, at what its state and its body say. */
const chargeReservations = async (
  tx: Transaction,
  note: Note,
  items: readonly ReservationItem[],
  booking: AgreementTerms['booking'],
  endorsers: readonly string[],
): Promise<void> => {
  const { chargeId } = note;
  const bodies = tx.transientList(reservationBody, 'reservations', items.length);
  await tx.prefetch(items.map(({ reservationId }) => stateKey.reservation(reservationId)));
  for (const [{ reservationId, amountMicros }, body] of zip(items, bodies)) {
    const key = stateKey.reservation(reservationId);
    const record = await tx.get(reservationRecord, key);
    requireDue(`reservation ${reservationId}`, record, note, body.hash === record.bodyHash);
    const owed = owedFor(record, body.value);
    ensure(owed > 0n, 'WRONG_STATE', `reservation ${reservationId} is ${record.state}: nothing is owed`);
    ensure(
      amountMicros === owed,
      'CDR_MISMATCH',
      `reservation ${reservationId} comes to ${owed} micros, not to ${amountMicros}`,
    );
    const { contestMs } = booking ?? refuse('OUTSIDE_AGREEMENT', 'the agreement says nothing of booking');
    ensure(
      record.state !== 'no-show' || tx.nowMs > record.changedAtMs + contestMs,
      'WRONG_STATE',
      `that nobody came for ${reservationId} may still be shown to be wrong until ${record.changedAtMs + contestMs}`,
    );
    const version = record.version + 1;
    tx.put(reservationRecord, key, { ...record, version, chargeId }, { endorsers, ofItem: true });
  }
};

/** One side of a batch: who is owed for it by whom, what it comes to, and the mark that it was charged. */
interface Side {
  readonly name: 'allocations' | 'given';
  dueOf(record: AllocationRecord): Chargeable;
  comesTo(header: AllocationHeader): { readonly energyWh: bigint; readonly micros: bigint };
  marked(record: AllocationRecord, chargeId: string): AllocationRecord;
}

/** What servers took: the utility that they work for owes it to the site's. */
const TAKEN: Side = {
  name: 'allocations',
  dueOf: (record) => record,
  comesTo: ({ serversWh, totalMicros }) => ({ energyWh: serversWh, micros: totalMicros }),
  marked: (record, chargeId) => ({ ...record, chargeId }),
};

/** What cars gave: the site's utility owes it to the one whose customers' they are. */
const GIVEN: Side = {
  name: 'given',
  dueOf: ({ vun, hun, agreementId, givenChargeId }) => ({
    ...{ vun: hun, hun: vun, agreementId },
    ...(givenChargeId !== undefined && { chargeId: givenChargeId }),
  }),
  comesTo: ({ given }) => ({
    energyWh: given?.cars.reduce((sum, { givenWh }) => sum + givenWh, 0n) ?? 0n,
    micros: given?.totalMicros ?? refuse('WRONG_STATE', 'no car gave anything in the batch'),
  }),
  marked: (record, chargeId) => ({ ...record, givenChargeId: chargeId }),
};

/** Marks the batches of a note as charged, each side once, at what the contract worked out when they were recorded. */
const chargeEnergy = async (
  tx: Transaction,
  note: Note,
  items: readonly EnergyItem[],
  side: Side,
  endorsers: readonly string[],
): Promise<void> => {
  const { chargeId } = note;
  const headers = tx.transientList(allocationHeader, side.name, items.length);
  for (const [{ batchId, energyWh, amountMicros }, header] of zip(items, headers)) {
    const key = stateKey.allocation(batchId);
    const record = await tx.get(allocationRecord, key);
    requireDue(`batch ${batchId}`, side.dueOf(record), note, header.hash === record.headerHash);
    const owed = side.comesTo(header.value);
    ensure(
      energyWh === owed.energyWh && amountMicros === owed.micros,
      'CDR_MISMATCH',
      `batch ${batchId} comes to ${owed.energyWh} Wh and ${owed.micros} micros`,
    );
    const version = record.version + 1;
    tx.put(allocationRecord, key, { ...side.marked(record, chargeId), version }, { endorsers, ofItem: true });
  }
};

/** Charges the home utility for what is no session. The note is accepted from the start: its amounts follow from what both endorsed. */
export const charge: Verb<typeof clearingCommands.charge> = async (tx, command) => {
  const { chargeId, periodId } = command;
  const dealing = await getDealing(tx, command);
  const { vun, hun, agreement, endorsers } = dealing;
  requireMember(tx.caller, vun, ['aaa']);
  ensure(command.vun !== command.hun, 'OUTSIDE_AGREEMENT', 'nobody owes anything to himself');
  requireRunning(tx, periodId);
  const terms = openTerms(tx, agreement);
  const key = stateKey.charge(chargeId);
  await tx.requireAbsent(key);
  const { body, payable } = openOwed(tx, chargeBody, command);
  const note = body.value;
  ensure(
    note.chargeId === chargeId &&
      note.periodId === periodId &&
      note.agreementId === command.agreementId &&
      note.vun === command.vun &&
      note.hun === command.hun,
    'INVALID_ARGUMENT',
    'the body names another note, pair, agreement or period',
  );
  ensure(note.currency === terms.currency, 'OUTSIDE_AGREEMENT', `the agreement is in ${terms.currency}`);
  const sum = note.items.reduce((total, { amountMicros }) => total + amountMicros, 0n);
  const taken = note.items.filter((item) => item.kind === 'compute');
  const given = note.items.filter((item) => item.kind === 'v2l');
  const flexible = note.items.filter((item) => item.kind === 'flexibility');
  const flowed = [...taken, ...given, ...flexible.filter(({ line }) => line !== 'DR')];
  const energyWh = flowed.reduce((total, item) => total + item.energyWh, 0n);
  ensure(
    note.payableMicros === sum && note.energyWh === energyWh,
    'NOT_BALANCED',
    `the items add up to ${sum} micros and ${energyWh} Wh`,
  );
  requireOwes(
    payable.value,
    { ...note, invoiceId: chargeId, debtor: note.hun, creditor: note.vun },
    'charge note',
  );
  const reservations = note.items.filter((item) => item.kind === 'reservation');
  const named = [
    ...reservations.map(({ reservationId }) => `reservation ${reservationId}`),
    ...[...taken, ...given].map(({ kind, batchId }) => `${kind} ${batchId}`),
    ...flexible.map(({ houseId, dayMs, line, eventId = '' }) => `${houseId} ${dayMs} ${line} ${eventId}`),
  ];
  ensure(new Set(named).size === named.length, 'CONFLICT', 'something stands twice on the note');
  if (reservations.length > 0) await chargeReservations(tx, note, reservations, terms.booking, endorsers);
  if (taken.length > 0) await chargeEnergy(tx, note, taken, TAKEN, endorsers);
  if (given.length > 0) await chargeEnergy(tx, note, given, GIVEN, endorsers);
  if (flexible.length > 0) await chargeFlexibility(tx, note, flexible, endorsers);
  tx.put(
    chargeRecord,
    key,
    {
      type: 'charge',
      version: 1,
      chargeId,
      agreementId: agreement.agreementId,
      vun: vun.utilityId,
      hun: hun.utilityId,
      periodId,
      state: 'accepted',
      bodyHash: body.hash,
      payableHash: payable.hash,
      issuedAtMs: tx.nowMs,
    },
    { endorsers },
  );
  putBodies(tx, dealing, [
    [privateKey.charge(chargeId), body.text],
    [privateKey.payable(chargeId), payable.text],
  ]);
  await noteDue(
    tx,
    { vun: vun.utilityId, hun: hun.utilityId, periodId, document: `charge:${chargeId}` },
    endorsers,
  );
};
