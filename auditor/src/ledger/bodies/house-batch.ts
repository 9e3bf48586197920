import { hexOf, utf8 } from '../../bytes.ts';
import { hold } from '../../failure.ts';
import { parseCanonical } from '../../json.ts';
import type { Primitives } from '../../primitives.ts';
import { hashOf } from '../../session/verify.ts';
import { amount, object, text, whole } from '../../shape.ts';
import { rootOf } from '../../tree.ts';
import type { Change } from '../step.ts';

/** What a house's panel told, by its bodies: they are its batch's own, in the order of time, and no meter's time is counted twice. */

export interface HouseBatchBodies {
  readonly header: string;
  /** Texts of the entries in their order. */
  readonly entries: readonly string[];
}

/** What the grid gave and took. @throws Failed, Unreadable */
export const requireHouseBatch = (
  primitives: Primitives,
  { key, after }: Change,
  { header: headerText, entries }: HouseBatchBodies,
): { readonly gridInWh: bigint; readonly gridOutWh: bigint } => {
  hold(hashOf(primitives, headerText) === after['headerHash'], `${key}: the header given is not its own`);
  const header = object(parseCanonical(headerText, key), key);
  for (const name of ['houseRef', 'number', 'previousHash', 'fromMs', 'untilMs', 'merkleRoot'])
    hold(header[name] === after[name], `${key}: its header’s ${name} is not its record’s`);
  const root = rootOf(
    primitives,
    entries.map((each) => primitives.sha256(utf8(each))),
  );
  hold(
    hexOf(root) === after['merkleRoot'] && entries.length === after['entries'],
    `${key}: the entries given are not those under its root`,
  );
  const [fromMs, untilMs] = [whole(header['fromMs'], key), whole(header['untilMs'], key)];
  const sums = { in: 0n, out: 0n };
  const meteredUntil = new Map<string, number>();
  let last = fromMs;
  for (const [at, each] of entries.entries()) {
    const what = `${key}: entry ${at}`;
    const entry = object(parseCanonical(each, what), what);
    const atMs = whole(entry['atMs'], what);
    hold(last <= atMs && atMs < untilMs, `${what} is out of its place`);
    last = atMs;
    if (entry['kind'] !== 'flow') continue;
    const counts = text(entry['counts'], what);
    hold(counts === 'in' || counts === 'out', `${what} counts neither in nor out`);
    const place = `${text(entry['meterRef'], what)} ${counts}`;
    const endMs = whole(entry['untilMs'], what);
    hold(
      (meteredUntil.get(place) ?? 0) <= atMs && atMs < endMs && endMs <= untilMs,
      `${what} counts a time that is counted already, or not the batch’s`,
    );
    meteredUntil.set(place, endMs);
    if (entry['of'] === 'grid') sums[counts] += amount(entry['energyWh'], what);
  }
  hold(
    amount(header['gridInWh'], key) === sums.in && amount(header['gridOutWh'], key) === sums.out,
    `${key}: what the grid gave and took is not what its entries say`,
  );
  return { gridInWh: sums.in, gridOutWh: sums.out };
};
