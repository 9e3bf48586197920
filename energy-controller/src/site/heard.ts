import type {
  AdapterError,
  LoadAdapter,
  LoadReading,
  SourceAdapter,
  SourceReading,
} from '../adapters/adapter.ts';
import { within } from './within.ts';

/** What was last heard of a device, and whether it answered this time. */
export interface HeardOf<R> {
  readonly reading: R | undefined;
  readonly isFresh: boolean;
  readonly error: AdapterError | undefined;
}

export interface Heard {
  readonly loads: ReadonlyMap<string, HeardOf<LoadReading>>;
  readonly sources: ReadonlyMap<string, HeardOf<SourceReading>>;
}

export const NOTHING_HEARD: Heard = { loads: new Map(), sources: new Map() };

const hear = async <R>(
  readMs: number,
  id: string,
  last: HeardOf<R> | undefined,
  read: (signal: AbortSignal) => Promise<R>,
): Promise<readonly [string, HeardOf<R>]> => {
  const outcome = await within(readMs, id, read);
  return [
    id,
    outcome.ok
      ? { reading: outcome.value, isFresh: true, error: undefined }
      : { reading: last?.reading, isFresh: false, error: outcome.error },
  ];
};

export interface Adapters {
  readonly loads: readonly LoadAdapter[];
  readonly sources: readonly SourceAdapter[];
}

/** Reads every device at once, each within its bound; of one that does not answer the last reading is kept. */
export const hearAll = async (adapters: Adapters, readMs: number, last: Heard): Promise<Heard> => {
  const [loads, sources] = await Promise.all([
    Promise.all(
      adapters.loads.map((load) =>
        hear(readMs, load.loadId, last.loads.get(load.loadId), (signal) => load.read(signal)),
      ),
    ),
    Promise.all(
      adapters.sources.map((source) =>
        hear(readMs, source.sourceId, last.sources.get(source.sourceId), (signal) => source.read(signal)),
      ),
    ),
  ]);
  return { loads: new Map(loads), sources: new Map(sources) };
};
