import type { Pricing } from '@roamgrid/energy-controller';
import { readTouRate, type Zone } from '@roamgrid/tariff-service';
import { EXIT_CODES } from '../exit-codes.ts';
import { jsonText, type Io } from './io.ts';

/** Something in the input or on the command line that ends the command. */
export class Refusal extends Error {
  readonly code: string;
  readonly exitCode: number;
  constructor(code: string, message: string, exitCode: number = EXIT_CODES.refused) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** Does a command's work; what it refuses is said on standard error and in the JSON, and is its exit code. */
export async function refusing(
  { json }: { readonly json?: true },
  io: Io,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message, exitCode } = error;
    if (json) io.out(jsonText({ error: { code, message } }));
    io.err(`error: ${message} (${code})\n`);
    io.exitCode(exitCode);
  }
}

export function readFileOf(path: string, io: Io): Uint8Array {
  try {
    return io.read(path);
  } catch {
    throw new Refusal('FILE_UNREADABLE', `cannot read ${path}`);
  }
}

/** An instant of the command line: a day is its local midnight. Undefined when it is none. */
function instantOf(text: string, zone: Zone): number | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/u.test(text)) {
    const localMs = Date.parse(`${text}T00:00:00Z`);
    return Number.isNaN(localMs) ? undefined : (zone.instantsOf(localMs)[0] ?? localMs);
  }
  const ms = /T.*(?:Z|[+-]\d{2}:?\d{2})$/u.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** The instant of an option, where it is given. */
export function edgeOf(name: string, text: string | undefined, zone: Zone): number | undefined {
  if (text === undefined) return undefined;
  const ms = instantOf(text, zone);
  if (ms === undefined)
    throw new Refusal(
      'BAD_OPTION',
      `${name} ${text} is neither a day nor an instant with its offset`,
      EXIT_CODES.usage,
    );
  return ms;
}

/** What electricity costs by a file, where one is named. @param notes take what the file says and nobody counts */
export function pricingOf(
  { tariff, zone }: { readonly tariff?: string; readonly zone: Zone },
  io: Io,
  notes: string[],
): Pricing | undefined {
  if (tariff === undefined) return undefined;
  const rate = readTouRate(new TextDecoder().decode(readFileOf(tariff, io)), zone);
  if (!rate.ok) throw new Refusal(rate.error.code, `${tariff}: ${rate.error.message}`);
  notes.push(...rate.value.notes);
  return rate.value;
}
