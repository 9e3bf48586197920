import type { KeyObject } from 'node:crypto';
import { signOcmf, type MeterReading } from '@roamgrid/wire';

/** An outlet whose operator vouches for readings that no meter signed. */
export interface VouchedOutlet {
  readonly evseId: string;
  /** Registered on the ledger as signed by the operator. */
  readonly operatorMeter: { readonly meterId: string; readonly key: KeyObject };
}

/** What the operator states of a session by its own register of the outlet. */
export interface OperatorStatement {
  /** The machine that speaks for the station. */
  readonly machine: string;
  readonly stationId: string;
  readonly sessionId: string;
  readonly tariffText: string;
  readonly page: number;
  readonly begin: MeterReading;
  readonly end: MeterReading;
}

/** The utility's word for a meter that signs nothing, in the form in which meters give theirs. */
export const operatorStatement = (
  { evseId, operatorMeter }: VouchedOutlet,
  { machine, stationId, sessionId, tariffText, page, begin, end }: OperatorStatement,
): string => {
  const readings = [
    { atMs: begin.atMs, registerMilliWh: begin.registerMilliWh, sync: 'S', transaction: 'B' },
    { atMs: end.atMs, registerMilliWh: end.registerMilliWh, sync: 'S', transaction: 'E' },
  ] as const;
  return signOcmf(
    {
      gateway: { model: machine, serial: stationId, version: '1' },
      meter: { vendor: 'Roamgrid', model: 'operator register', serial: operatorMeter.meterId, firmware: '1' },
      page,
      evseId,
      sessionId,
      tariffText,
      readings,
    },
    operatorMeter.key,
  );
};
