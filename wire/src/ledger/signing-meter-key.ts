import { parseOcmf } from '../signature/ocmf-document.ts';
import { keysAt, type DatedMeterKey } from './dated-keys.ts';
import type { SignedStatement } from './session.ts';

/** The meter that a statement names; undefined for a text that is no statement. */
const meterIdOf = (statement: SignedStatement): string | undefined => {
  if (statement.form === 'facts') return statement.meter.serial;
  const end = parseOcmf(statement.end);
  return end.ok ? end.value.meterSerial : undefined;
};

/**
 * The key that a session's end statement has to verify with, of those that the outlet had when the session opened. The
 * statement names a meter and nothing else: whether the meter itself signed or its operator is said by the registered key.
 */
export const signingMeterKey = (
  statement: SignedStatement,
  meterKeys: readonly DatedMeterKey[],
  openedAtMs: number,
): DatedMeterKey | undefined => {
  const meterId = meterIdOf(statement);
  return keysAt(meterKeys, openedAtMs).find((key) => key.meterId === meterId);
};
