import type { Check } from '../scenario/check.ts';

/** A row of the site: whether what was seen is what it asks for, and what is shown of it. */
export interface Row<Seen> {
  readonly row: string;
  is(seen: Seen): boolean;
  shows(seen: Seen): unknown;
}

/** Something that is lived through on real parts, in a folder of its own, and the rows that it shows. */
export interface Part<Seen = unknown> {
  readonly name: string;
  readonly what: string;
  live(folder: string): Promise<Seen>;
  readonly rows: readonly Row<Seen>[];
}

/** The checks of a part, from what was seen and nothing else. */
export const checksOf = <Seen>({ rows }: Pick<Part<Seen>, 'rows'>, seen: Seen): readonly Check[] =>
  rows.map((each) => ({ row: each.row, ok: each.is(seen), seen: JSON.stringify(each.shows(seen)) }));
