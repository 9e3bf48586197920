import type { Result } from '../result/index.ts';
import { parseAlias } from './alias.ts';
import { canonical } from './alphabet.ts';
import { parseCin } from './cin.ts';
import type { AliasError, CinError } from './errors.ts';
import type { Cin } from './layout.ts';

/** Reads what a driver typed, swiped or scanned: digits alone are a keypad alias, anything else is a CIN. */
export const parseCinEntry = (text: string): Result<Cin, CinError | AliasError> =>
  /^\d+$/.test(canonical(text.slice(0, 256))) ? parseAlias(text) : parseCin(text);
