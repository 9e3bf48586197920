import { noteGivenBack } from '../store/given-back.ts';
import type { Db } from '../store/tables.ts';
import { gainOf } from './register-track.ts';
import type { StationTransaction } from './transaction.ts';

/**
 * What a car gave back in a transaction that is over, beside its session: by what the export register moved by, to the
 * milliwatt-hour, with the texts that the station's meter signed. It changes nothing of what was charged and billed.
 */
export const keepGivenBack = async (
  trx: Db,
  { transactionId, stationId, evseId, body }: StationTransaction,
  notedAtMs: number,
): Promise<void> => {
  const { exported, told, refusal, signed } = body;
  const milliWh = gainOf(exported);
  if (exported === undefined || milliWh <= 0n) return;
  await noteGivenBack(trx, {
    ...{ transactionId, stationId, evseId, milliWh, notedAtMs },
    // A session that was refused is none.
    sessionId: refusal === undefined ? (told?.sessionId ?? null) : null,
    fromMs: exported.sinceMs,
    untilMs: exported.last.atMs,
    signed: signed.map(({ text }) => text),
  });
};
