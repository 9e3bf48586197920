import { stationList, transactionList, unbilledList } from '@roamgrid/ocpp';
import type { OcppView } from '@roamgrid/web';
import { z } from 'zod';
import type { Ask } from '../system/ask.ts';

/** So many of each list are shown. */
const SHOWN = 20;

/** What a utility's door to stations of OCPP tells its operator; undefined when it does not answer. */
export async function ocppState(operator: Ask, doorUrl: string): Promise<OcppView | undefined> {
  const list = <S extends z.ZodType>(name: string, answer: S) =>
    operator('GET', `${doorUrl}/operator/v1/${name}`, undefined, answer);
  try {
    const [{ stations }, transactions, unbilled] = await Promise.all([
      list('stations', stationList),
      list('transactions', transactionList),
      list('unbilled', unbilledList),
    ]);
    return {
      stations: stations.map(({ stationId, connection, vendor, model, firmware, outlets }) => ({
        ...{ stationId, vendor, model, firmware },
        connection: connection && { protocol: connection.protocol, sinceMs: connection.sinceMs },
        outlets: Object.entries(outlets).map(([at, { outlet: _outlet, atMs: _atMs, ...told }]) => ({
          at,
          ...told,
        })),
      })),
      transactions: z.encode(transactionList, transactions).transactions.slice(0, SHOWN),
      unbilled: z.encode(unbilledList, unbilled).unbilled.slice(0, SHOWN),
    };
  } catch {
    return undefined;
  }
}
