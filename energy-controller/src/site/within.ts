import { AdapterError } from '../adapters/adapter.ts';

export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: AdapterError };

/** Work with a device, ended after `boundMs` whether the device heeds the signal or not; whatever goes wrong is an answer. */
export const within = <T>(
  boundMs: number,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Outcome<T>> =>
  new Promise((resolve) => {
    const controller = new AbortController();
    const timer = setTimeout(() => {
      resolve({ ok: false, error: new AdapterError('UNREACHABLE', `${what}: no answer in ${boundMs} ms`) });
      controller.abort();
    }, boundMs);
    const end = (outcome: Outcome<T>): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const failed = (thrown: unknown): void => {
      const error =
        thrown instanceof AdapterError
          ? thrown
          : new AdapterError(
              'UNREACHABLE',
              `${what}: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
              {
                cause: thrown,
              },
            );
      end({ ok: false, error });
    };
    try {
      work(controller.signal).then((value) => {
        end({ ok: true, value });
      }, failed);
    } catch (thrown) {
      failed(thrown);
    }
  });
