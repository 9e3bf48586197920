import { parseDecimal } from '@roamgrid/domain';
import { InvalidArgumentError } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';

/** In the environment, so that it stands on no command line. */
export const PASSWORD = 'OCPP_PASSWORD';
const WATT_PLACES = 3;

/** Kilowatts as they are typed. */
export const watts = (text: string): bigint => {
  const read = parseDecimal(text, WATT_PLACES);
  if (read.ok && read.value > 0n) return read.value;
  throw new InvalidArgumentError('kilowatts above zero, such as 50');
};
export const wordsOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** Says on standard error why nothing came of it. */
export const fail = (text: string): void => {
  process.stderr.write(`${text}\n`);
  process.exitCode = EXIT_CODES.fault;
};
