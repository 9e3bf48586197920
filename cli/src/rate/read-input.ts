import {
  parseCdr,
  parseTariffs,
  resolveZone,
  UTC_OFFSETS,
  type Cdr,
  type Note,
  type Tariff,
  type ZoneOffsets,
} from '@roamgrid/domain';
import { parse } from 'lossless-json';
import { BadInput } from './failure.ts';
import type { Io } from './io.ts';

const textOf = (io: Io, file: string): string => {
  try {
    return io.read(file);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new BadInput([{ file, code: 'FILE_UNREADABLE', pointer: '', message }]);
  }
};

/** JSON whose numbers keep their text, so that no price passes through a float. */
const jsonOf = (io: Io, file: string): unknown => {
  const text = textOf(io, file).replace(/^\uFEFF/, '');
  try {
    return parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new BadInput([{ file, code: 'JSON_INVALID', pointer: '', message }]);
  }
};

/** The tariffs of a file: one, a list, or an OCPI response with either. */
export const readTariffs = (
  io: Io,
  file: string,
): { readonly tariffs: readonly Tariff[]; readonly notes: readonly Note[] } => {
  const parsed = parseTariffs(jsonOf(io, file));
  if (!parsed.ok) throw BadInput.of(file, parsed.error);
  return {
    tariffs: parsed.value.map(({ tariff }) => tariff),
    notes: parsed.value.flatMap(({ notes }) => notes),
  };
};

/** With tariffs given apart, those that the CDR holds are not even looked at. */
export const readCdr = (io: Io, file: string, withTariffs: boolean): Cdr => {
  const parsed = parseCdr(jsonOf(io, file), withTariffs);
  if (!parsed.ok) throw BadInput.of(file, parsed.error);
  return parsed.value;
};

const DAY_MS = 86_400_000;

/** The zone by flag, or else as the CDR's location says, or else UTC with a note. */
export const zoneOf = (
  cdr: Cdr,
  file: string,
  flag: string | undefined,
): { readonly name: string; readonly offsets: ZoneOffsets; readonly notes: readonly Note[] } => {
  const name = flag ?? cdr.timeZone;
  if (name === undefined) {
    const message = 'no --time-zone and none in the CDR: local time is taken as UTC';
    return { name: 'UTC', offsets: UTC_OFFSETS, notes: [{ code: 'ZONE_ASSUMED_UTC', message }] };
  }
  const firstMs = Math.min(cdr.startMs, ...cdr.periods.map(({ startMs }) => startMs));
  const offsets = resolveZone(name, Math.max(firstMs, cdr.endMs - 800 * DAY_MS) - DAY_MS, cdr.endMs + DAY_MS);
  if (!offsets.ok) throw BadInput.of(flag === undefined ? file : '--time-zone', [offsets.error]);
  return { name, offsets: offsets.value, notes: [] };
};
