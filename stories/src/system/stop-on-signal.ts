import { constants } from 'node:os';

/**
 * From now on a signal that would end this process ends first what it started: Fabric's programs are no children of it and
 * would outlive it. The exit code is the shell's, 128 and the signal's number.
 */
export function stopOnSignal(stop: () => Promise<void>, progress: (text: string) => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      progress(`${signal}: ending everything that runs here`);
      void stop()
        .catch((error: unknown) => {
          progress(error instanceof Error ? error.message : String(error));
        })
        .finally(() => process.exit(128 + constants.signals[signal]));
    });
  }
}
