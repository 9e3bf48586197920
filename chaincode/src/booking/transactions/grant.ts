import {
  judgeReservation,
  privateKey,
  reservationBody,
  reservationRecord,
  stateKey,
  type bookingCommands,
} from '@roamgrid/wire';
import { getDealing, openTerms, putBodies } from '../../consortium/agreement.ts';
import { getStation, requireActive } from '../../consortium/registry.ts';
import { ensure, refuse, requireMember, type Verb } from '../../context/index.ts';
import { takeSlots } from '../slots.ts';

/** Books an outlet for a driver whose home utility asked for it, within what it signed and the two agreed. */
export const grant: Verb<typeof bookingCommands.grant> = async (tx, command) => {
  const dealing = await getDealing(tx, command);
  const { vun, hun, agreement, endorsers } = dealing;
  requireMember(tx.caller, vun, ['station', 'aaa']);
  requireActive(tx, vun);
  const terms = openTerms(tx, agreement);
  const { commandId: _commandId, ...claim } = command;
  const key = stateKey.reservation(claim.reservationId);
  await tx.requireAbsent(key);
  const body = tx.transient(reservationBody, 'body');
  ensure(body.hash === claim.bodyHash, 'HASH_MISMATCH', 'the body does not hash to bodyHash');
  const station = await getStation(tx, vun.utilityId, body.value.stationId);
  const judged = await judgeReservation(claim, body.value, {
    channel: tx.channel,
    nowMs: tx.nowMs,
    agreement,
    terms,
    hun,
    station,
  });
  if (!judged.ok) return refuse(judged.error.code, judged.error.message);
  await takeSlots(tx, endorsers, claim);
  tx.put(
    reservationRecord,
    key,
    {
      type: 'reservation',
      version: 1,
      ...claim,
      state: 'granted',
      grantedAtMs: tx.nowMs,
      changedAtMs: tx.nowMs,
    },
    { endorsers },
  );
  putBodies(tx, dealing, [[privateKey.reservation(claim.reservationId), body.text]]);
};
