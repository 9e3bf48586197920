import { AdapterError } from '../adapter.ts';
import type { ModbusConnection } from './connection.ts';

/** Where the models of a SunSpec device are. Spec: SunSpec Device Information Model, §"Modbus". */

/** A model's first register, and how many it has with its two of head. */
interface ModelPlace {
  readonly at: number;
  readonly words: number;
}
export type Models = ReadonlyMap<number, ModelPlace>;

/** "SunS" */
const MARK = [0x5375, 0x6e53] as const;
const END = 0xffff;
const HEAD_WORDS = 2;
/** More than any device has; bounds what a device that makes no sense costs. */
const MOST_MODELS = 100;

const isMarked = async (connection: ModbusConnection, at: number, signal: AbortSignal): Promise<boolean> => {
  try {
    const [high, low] = await connection.read('holding', at, HEAD_WORDS, signal);
    return high === MARK[0] && low === MARK[1];
  } catch (error) {
    // A device that begins elsewhere refuses the address.
    if (error instanceof AdapterError && error.code !== 'UNREACHABLE') return false;
    throw error;
  }
};

const walk = async (connection: ModbusConnection, from: number, signal: AbortSignal): Promise<Models> => {
  const models = new Map<number, ModelPlace>();
  let at = from + HEAD_WORDS;
  for (let count = 0; count < MOST_MODELS; count += 1) {
    const [model = END, length = 0] = await connection.read('holding', at, HEAD_WORDS, signal);
    if (model === END) return models;
    // A device may repeat a model for its parts: the first stands for the whole.
    if (!models.has(model)) models.set(model, { at, words: length + HEAD_WORDS });
    at += length + HEAD_WORDS;
  }
  throw new AdapterError('MALFORMED', `a SunSpec device has more than ${MOST_MODELS} models: it has no end`);
};

/** Looks up the models of a device. @throws AdapterError */
export const findModels = async (
  connection: ModbusConnection,
  bases: readonly number[],
  signal: AbortSignal,
): Promise<Models> => {
  for (const base of bases)
    if (await isMarked(connection, base, signal)) return walk(connection, base, signal);
  throw new AdapterError(
    'MALFORMED',
    `no SunSpec device begins at ${bases.join(', ')}: set sunspecAt of its table to where it does`,
  );
};
