import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { programArguments } from './program.ts';

/**
 * Starts a thread that runs a program of this repository: what was built of it, where `programArguments` finds that, else its
 * source, by a loader of its own.
 * @param file the program's source
 * @param workerData what the thread finds as its `workerData`
 */
export function startThread(file: string, workerData?: unknown): Worker {
  const [first = '', ...rest] = programArguments(file);
  // What was built needs no loader, and the thread would load the one of this process again.
  if (rest.length === 0) return new Worker(first, { workerData, execArgv: [] });
  // A thread does not inherit the loader that reads TypeScript. `require` finds it wherever this module is loaded from.
  const tsx = dirname(createRequire(import.meta.url).resolve('tsx'));
  const loader = pathToFileURL(join(tsx, 'esm', 'api', 'index.mjs')).href;
  const script = pathToFileURL(file).href;
  return new Worker(
    `import('${loader}').then(({ register }) => { register(); return import('${script}'); });`,
    { eval: true, workerData },
  );
}
