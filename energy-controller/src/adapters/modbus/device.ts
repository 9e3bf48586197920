import { AdapterError } from '../adapter.ts';
import { MOST_WORDS, type ModbusConnection, type Space } from './connection.ts';
import { isMissing, registersOf, thousandthsOf } from './numbers.ts';
import { findModels, type Models } from './sunspec.ts';
import { wordsOf, type Constant, type DeviceTable, type Point, type Target } from './table.ts';

/** What a table's points say now, thousandths; a point that the device has not got is not there. */
export type Told<Names extends string> = Readonly<Partial<Record<Names, bigint>>>;

interface Wanted {
  readonly space: Space;
  readonly at: number;
  readonly count: number;
}

const keyOf = (space: Space, at: number): string => `${space} ${at}`;

/** Ranges that cover what is wanted, with no more between two wanted registers than the device gives. */
const rangesOf = (wanted: readonly Wanted[], gap: number): readonly Wanted[] => {
  const ranges: Wanted[] = [];
  const bySpaceAndPlace = wanted.toSorted((a, b) => a.space.localeCompare(b.space) || a.at - b.at);
  for (const next of bySpaceAndPlace) {
    const last = ranges.at(-1);
    const end = last === undefined ? 0 : last.at + last.count;
    const count = last === undefined ? 0 : Math.max(end, next.at + next.count) - last.at;
    if (last !== undefined && last.space === next.space && next.at <= end + gap && count <= MOST_WORDS)
      ranges[ranges.length - 1] = { ...last, count };
    else ranges.push(next);
  }
  return ranges;
};

/** A device as its table tells it: named numbers instead of registers. */
export class ModbusDevice {
  readonly #connection: ModbusConnection;
  readonly #table: DeviceTable;
  #models: Models = new Map();
  #modelsOf = 0;

  constructor(connection: ModbusConnection, table: DeviceTable) {
    this.#connection = connection;
    this.#table = table;
  }

  close(): void {
    this.#connection.close();
  }

  /** Reads all points as near to one another as the device lets them be read. @throws AdapterError */
  async read<Names extends string>(
    points: Readonly<Record<Names, Point | undefined>>,
    signal: AbortSignal,
  ): Promise<Told<Names>> {
    const there = (Object.entries(points) as [Names, Point | undefined][]).flatMap(([name, point]) =>
      point === undefined ? [] : [[name, point] as const],
    );
    await this.#learn(signal);
    const wanted = there.flatMap(([, point]) => this.#wantedBy(point));
    const words = await this.#words(wanted, signal);
    const told: Partial<Record<Names, bigint>> = {};
    for (const [name, point] of there) {
      const value = this.#valueOf(point, words);
      if (value !== undefined) told[name] = value;
    }
    return told;
  }

  /** Writes one number, thousandths. @throws AdapterError */
  async write(target: Target, thousandths: bigint, signal: AbortSignal): Promise<void> {
    await this.#learn(signal);
    const at = this.#addressOf(target, target.at, wordsOf(target.type));
    if (at === undefined) throw this.#lacks(target);
    const scaleAt = target.scaleAt === undefined ? undefined : this.#addressOf(target, target.scaleAt, 1);
    const told = scaleAt === undefined ? 0 : await this.#scaleAt(scaleAt, signal);
    const words = registersOf(target, thousandths, target.scale + told);
    if (words === undefined)
      throw new AdapterError(
        'REFUSED',
        `${thousandths} thousandths do not fit into ${target.type} of ${this.#table.name} at ${target.at}`,
      );
    await this.#connection.write(at, words, signal);
  }

  /** Writes constants of a table, one after the other. @throws AdapterError */
  async writeAll(constants: readonly Constant[], signal: AbortSignal): Promise<void> {
    for (const { value, ...target } of constants) await this.write(target, BigInt(value) * 1_000n, signal);
  }

  async #scaleAt(at: number, signal: AbortSignal): Promise<number> {
    const [word = 0] = await this.#connection.read('holding', at, 1, signal);
    return Number(BigInt.asIntN(16, BigInt(word)));
  }

  /** After each new connection the device may be another, or have a new firmware. */
  async #learn(signal: AbortSignal): Promise<void> {
    const { sunspecAt } = this.#table;
    const { generation } = this.#connection;
    if (sunspecAt.length === 0 || (generation > 0 && this.#modelsOf === generation)) return;
    this.#models = await findModels(this.#connection, sunspecAt, signal);
    this.#modelsOf = this.#connection.generation;
  }

  /** Undefined where the device has no such model, or an older and shorter one. */
  #addressOf({ model }: Pick<Point, 'model'>, at: number, words: number): number | undefined {
    if (model === undefined) return at;
    const place = this.#models.get(model);
    return place === undefined || at + words > place.words ? undefined : place.at + at;
  }

  #wantedBy(point: Point): readonly Wanted[] {
    const count = wordsOf(point.type);
    const at = this.#addressOf(point, point.at, count);
    const scaleAt = point.scaleAt === undefined ? undefined : this.#addressOf(point, point.scaleAt, 1);
    if (at === undefined) return [];
    const { space } = point;
    return [{ space, at, count }, ...(scaleAt === undefined ? [] : [{ space, at: scaleAt, count: 1 }])];
  }

  async #words(wanted: readonly Wanted[], signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const words = new Map<string, number>();
    for (const { space, at, count } of rangesOf(wanted, this.#table.readGap)) {
      const told = await this.#connection.read(space, at, count, signal);
      for (const [offset, word] of told.entries()) words.set(keyOf(space, at + offset), word);
    }
    return words;
  }

  #valueOf(point: Point, words: ReadonlyMap<string, number>): bigint | undefined {
    const at = this.#addressOf(point, point.at, wordsOf(point.type));
    if (at === undefined) return undefined;
    const wordAt = (place: number): number => words.get(keyOf(point.space, place)) ?? 0;
    const told = Array.from({ length: wordsOf(point.type) }, (_, offset) => wordAt(at + offset));
    const isSunSpec = this.#table.missing === 'sunspec';
    if (isSunSpec && isMissing(point, told)) return undefined;
    const scaleAt = point.scaleAt === undefined ? undefined : this.#addressOf(point, point.scaleAt, 1);
    const power = scaleAt === undefined ? 0 : wordAt(scaleAt);
    // A device without the scale has no value that could be read.
    if (isSunSpec && scaleAt !== undefined && isMissing({ type: 'int16', words: 'high-first' }, [power]))
      return undefined;
    const exponent = Number(BigInt.asIntN(16, BigInt(power)));
    if (exponent < -10 || exponent > 10)
      throw new AdapterError(
        'MALFORMED',
        `${this.#table.name} tells a scale of ${exponent} at ${point.scaleAt}: it is from -10 to 10`,
      );
    return thousandthsOf(point, told, point.scale + exponent);
  }

  #lacks({ model, at }: Target): AdapterError {
    return new AdapterError(
      'REFUSED',
      `${this.#table.name} has no register ${at} in a model ${model}: take another table`,
    );
  }
}
