import { bookingCommands, bookingQueries, privateKey, stateKey } from '@roamgrid/wire';
import type { Context } from 'fabric-contract-api';
import { execute, queryOf, readOwnBody, readPage, readRecord, RoamingContract } from '../context/index.ts';
import { cancel } from './transactions/cancel.ts';
import { expire } from './transactions/expire.ts';
import { grant } from './transactions/grant.ts';
import { noShow } from './transactions/no-show.ts';
import { use } from './transactions/use.ts';

/** Outlets that are booked ahead. */
export class BookingContract extends RoamingContract {
  constructor() {
    super('booking');
  }

  grant(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'booking.grant', bookingCommands.grant, args, grant);
  }

  use(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'booking.use', bookingCommands.use, args, use);
  }

  cancel(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'booking.cancel', bookingCommands.cancel, args, cancel);
  }

  noShow(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'booking.noShow', bookingCommands.noShow, args, noShow);
  }

  expire(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'booking.expire', bookingCommands.expire, args, expire);
  }

  async getReservation(ctx: Context, ...args: string[]): Promise<string> {
    const { reservationId } = queryOf(bookingQueries.getReservation, args);
    return readRecord(ctx, stateKey.reservation(reservationId));
  }

  async getReservationBody(ctx: Context, ...args: string[]): Promise<string> {
    const { reservationId } = queryOf(bookingQueries.getReservationBody, args);
    return readOwnBody(ctx, privateKey.reservation(reservationId));
  }

  async listSlots(ctx: Context, ...args: string[]): Promise<string> {
    const query = queryOf(bookingQueries.listSlots, args);
    const { evseId, fromMs, untilMs } = query;
    return readPage(ctx, stateKey.slot(evseId, fromMs), stateKey.slot(evseId, untilMs), query);
  }
}
