import {
  agreementRecord,
  agreementTerms,
  batchRecord,
  bodyHash,
  canonicalText,
  endsRecord,
  firstOfRange,
  invoiceRecord,
  nettingRecord,
  NumberBits,
  openingRecord,
  rangeOf,
  stateKey,
  stationRecord,
  tariffBindingRecord,
  tariffRecord,
  utilityRecord,
} from '@roamgrid/wire';
import type { z } from 'zod';
import type { Check, ReadPublic } from './check.ts';
import type { BillEvidence } from './evidence.ts';

/** Whether the chain has the number as closed and nothing else. */
const isClosed = (read: ReadPublic, laneId: string, number: number): boolean => {
  const range = rangeOf(number);
  const bytes = read(stateKey.ends(laneId, range));
  const ends = endsRecord.safeParse(bytes && JSON.parse(Buffer.from(bytes).toString('utf8')));
  if (!ends.success) return false;
  const has = (bits: string): boolean => new NumberBits(firstOfRange(range), bits).has(number);
  return has(ends.data.closed) && !has(ends.data.gone);
};

/** The public records of the evidence are those of the verified chain. */
export const chainChecks = (evidence: BillEvidence, read: ReadPublic): readonly Check[] => {
  const { session, station, agreement, tariff, invoice, netting, terms } = evidence;
  const { record, opening, batch } = session;
  const same = <S extends z.ZodType>(
    name: string,
    key: string,
    schema: S,
    value: z.output<S> | undefined,
  ): Check => {
    const onChain = read(key);
    const ok =
      onChain !== undefined &&
      value !== undefined &&
      Buffer.from(onChain).toString('utf8') === canonicalText(schema, value);
    return { name: `${name} is the one on the chain`, ok };
  };
  const { tariffId, version } = tariff.record;
  const binding = read(stateKey.tariffBinding(agreement.agreementId, tariffId, version));
  return [
    ...evidence.utilities.map((utility) =>
      same(
        `the registration of ${utility.name}`,
        stateKey.utility(utility.utilityId),
        utilityRecord,
        utility,
      ),
    ),
    same('the station', stateKey.station(station.utilityId, station.stationId), stationRecord, station),
    same('the tariff', stateKey.tariff(tariffId, version), tariffRecord, tariff.record),
    {
      name: 'the chain binds the tariff under the agreement',
      ok:
        binding !== undefined &&
        tariffBindingRecord.safeParse(JSON.parse(Buffer.from(binding).toString('utf8'))).success,
    },
    same('the opening', stateKey.opening(record.laneId, record.slot), openingRecord, opening),
    {
      name: 'the session is closed on the chain',
      ok: record.state === 'closed' && isClosed(read, record.laneId, record.number),
    },
    same('the batch', stateKey.batch(batch?.batchId ?? ''), batchRecord, batch),
    same('the invoice', stateKey.invoice(invoice.record.invoiceId), invoiceRecord, invoice.record),
    same('the netting', stateKey.netting(netting.nettingId), nettingRecord, netting),
    same('the agreement', stateKey.agreement(agreement.agreementId), agreementRecord, agreement),
    {
      name: 'the agreement that both signed has these terms',
      ok:
        agreement.signedBy.length === 2 &&
        agreement.termsHash === bodyHash(canonicalText(agreementTerms, terms)),
    },
  ];
};
