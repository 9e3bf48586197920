import type { TransactionReport } from '../model/reports.ts';
import type { Db } from '../store/tables.ts';
import { countToldSince, lastAtOutlet } from '../store/transactions.ts';
import type { DeskContext, DeskStation } from './context.ts';
import { LONGEST_AWAY_MS } from './message-time.ts';
import { endedWhereHeard, type StationTransaction, type TransactionBody } from './transaction.ts';

/** What one station may make the door keep, whatever it tells. */

const DAY_MS = 86_400_000;
/** For each of its outlets, transactions that are not closed: one runs, some wait for their begin or the gateway. */
export const UNCLOSED_AN_OUTLET = 16;
/** For each of its outlets, transactions in a day: a week of them may be told at once. */
export const TRANSACTIONS_AN_OUTLET = 500;
/** For each of its outlets, messages in a day that are known when they come again: one every ten seconds. */
const MESSAGES_AN_OUTLET = 10_000;
/** A message is known so long when it comes again: stations tell them again for days. */
export const MESSAGES_KNOWN_MS = 30 * DAY_MS;

/** Of nobody so far, or refused: nothing is lost when it is given up where it was last heard. */
const isNobodys = ({ state, tokenKey, body }: StationTransaction): boolean =>
  state === 'waiting' && (body.refusal !== undefined || (tokenKey === null && body.begunAtMs === undefined));

/** Room for one more transaction of a station, and what is given up for it. */
export interface Room {
  readonly hasRoom: boolean;
  readonly givenUp: readonly StationTransaction[];
}

const NO_ROOM: Room = { hasRoom: false, givenUp: [] };

/** Whether a station may have one more. What is nobody's, and silent for as long as a lost begin is waited for, makes room. */
export const roomFor = async (
  { clock, times }: DeskContext,
  db: Db,
  { setup: { identity, outlets } }: DeskStation,
  unclosed: readonly StationTransaction[],
): Promise<Room> => {
  const wallMs = clock.wallMs();
  const today = await countToldSince(db, identity.stationId, wallMs - DAY_MS);
  if (today >= TRANSACTIONS_AN_OUTLET * outlets.length) return NO_ROOM;
  if (unclosed.length < UNCLOSED_AN_OUTLET * outlets.length) return { hasRoom: true, givenUp: [] };
  const silent = unclosed.filter((one) => isNobodys(one) && one.toldAtMs <= wallMs - times.resumeMs);
  if (silent.length === 0) return NO_ROOM;
  return { hasRoom: true, givenUp: silent.map((one) => endedWhereHeard(one, wallMs)) };
};

/**
 * What is told later than messages are believed to be kept, of a register that had come further: nobody knows any more whether it was
 * told before, so that it is billed to nobody.
 * @param lateMs by the station's own clock
 */
export const tooOld = async (
  db: Db,
  { readings }: TransactionReport,
  lateMs: number,
  evseId: string | undefined,
): Promise<TransactionBody['refusal']> => {
  if (lateMs <= LONGEST_AWAY_MS || evseId === undefined) return undefined;
  const last = (await lastAtOutlet(db, evseId))?.body.imported?.last.registerMilliWh;
  const told = readings.find(({ direction }) => direction === 'import')?.registerMilliWh;
  if (last === undefined || (told !== undefined && told >= last)) return undefined;
  return { code: 'too-old', detail: 'told later than messages are remembered', status: 'invalid' };
};

/** Counts the messages of each station in a day. A start anew forgets the count, and no message. */
export class MessageCount {
  readonly #days = new Map<string, { readonly day: number; count: number }>();

  /** Whether one more is remembered. */
  add({ setup: { identity, outlets } }: DeskStation, wallMs: number): boolean {
    const day = Math.floor(wallMs / DAY_MS);
    const before = this.#days.get(identity.stationId);
    const counted = before?.day === day ? before : { day, count: 0 };
    counted.count += 1;
    this.#days.set(identity.stationId, counted);
    return counted.count <= MESSAGES_AN_OUTLET * outlets.length;
  }
}
