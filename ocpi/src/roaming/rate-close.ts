import { computeCdr, gridInputOf, type Cdr, type Quote, type SessionCloseBody } from '@roamgrid/wire';
import type { Machines } from './stand-in/machines.ts';

/** A close of a session, with what was agreed on and who metered it. */
export interface Rateable extends Pick<SessionCloseBody, 'readings' | 'endReason'> {
  readonly laneSequence: number;
  readonly quote: Quote;
  readonly meteredBy: Cdr['meteredBy'];
}

/** What a close of a session comes to, by the contracts' own computation. @throws Error REVISION_NOT_RATABLE */
export const rateClose = async (
  machines: Pick<Machines, 'agreement' | 'tariff' | 'demand'>,
  agreementId: string,
  { laneSequence, quote, meteredBy, readings, endReason }: Rateable,
): Promise<Cdr> => {
  const { terms } = await machines.agreement(agreementId);
  const { tariff } = await machines.tariff(quote.tariffId, quote.tariffVersion);
  const [fromMs, untilMs] = [readings.at(0)?.atMs ?? 0, readings.at(-1)?.atMs ?? 0];
  const chunks =
    terms.adaptation === undefined ? [] : (await machines.demand(agreementId, fromMs, untilMs)).chunks;
  const grid = gridInputOf(terms, chunks);
  const computed = computeCdr({
    ...{ laneSequence, quote, readings, tariffJson: tariff.tariffJson, terms, endReason, meteredBy },
    ...(grid && { grid }),
  });
  if (!computed.ok) throw new Error(`REVISION_NOT_RATABLE: ${computed.error.message}`);
  return computed.value;
};
