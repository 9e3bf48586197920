import type { ServedRegisters } from './modbus-server.ts';

/** A word of a model: what it says now. */
type Says = () => number;

export interface ServedModel {
  readonly id: number;
  /** Without the two words of its head. */
  readonly length: number;
  /** Counted from the model's first word; what is not here says "not implemented". */
  readonly says: Readonly<Record<number, Says>>;
  /** Words that may be written: called with all of one request. */
  readonly writes?: (at: number, words: readonly number[]) => boolean;
}

export const NOT_IMPLEMENTED = 0x8000;
const BASE = 40_000;
const MARK = [0x5375, 0x6e53] as const;

export const word = (value: bigint): number => Number(BigInt.asUintN(16, value));

/** High word first. */
export const doubleWord = (at: number, value: () => bigint): Readonly<Record<number, Says>> => ({
  [at]: () => word(BigInt.asUintN(32, value()) >> 16n),
  [at + 1]: () => word(value()),
});

/** The common model, which says who made it. */
const COMMON: ServedModel = { id: 1, length: 66, says: {} };

/** A SunSpec device with these models at 40000. Written from the specification, not from the adapter's tables. */
export const sunspecRegisters = (models: readonly ServedModel[]): ServedRegisters => {
  const words = new Map<number, Says>(MARK.map((mark, at) => [BASE + at, () => mark]));
  const places: { readonly at: number; readonly model: ServedModel }[] = [];
  let at = BASE + MARK.length;
  for (const model of [COMMON, ...models]) {
    places.push({ at, model });
    words.set(at, () => model.id).set(at + 1, () => model.length);
    for (let offset = 2; offset < model.length + 2; offset += 1)
      words.set(at + offset, model.says[offset] ?? (() => NOT_IMPLEMENTED));
    at += model.length + 2;
  }
  words.set(at, () => 0xffff).set(at + 1, () => 0);
  return {
    read: (space, place) => (space === 'holding' ? words.get(place)?.() : undefined),
    write(place, written) {
      const there = places.findLast(({ at: from }) => from <= place);
      return there?.model.writes?.(place - there.at, written) ?? false;
    },
  };
};
