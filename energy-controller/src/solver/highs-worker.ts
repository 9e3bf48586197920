import { parentPort } from 'node:worker_threads';
import highs, { type Highs } from 'highs';
import type { ModelData } from './model-data.ts';
import { READY, type Answer, type Question } from './messages.ts';

/** The package's types are those of its CommonJS build, where the function is a property; its module exports it as the default. */
const loadHighs = highs as unknown as typeof highs.default;

let runtime: Promise<Highs> | undefined;

/** Most steps of the simplex method. Unlike a time it stops the same model at the same place on every machine. */
const MAX_STEPS = 200_000;

const solve = (loaded: Highs, model: ModelData, timeLimitS: number): Omit<Answer, 'id'> => {
  const [numCols, numRows] = [model.cost.length, model.rowLower.length];
  const instance = loaded.createModel();
  try {
    instance.options.set({ output_flag: false, time_limit: timeLimitS, simplex_iteration_limit: MAX_STEPS });
    instance.passModel({
      numCols,
      numRows,
      sense: loaded.constants.objectiveSense.minimize,
      colCost: model.cost,
      colLower: model.lower,
      colUpper: model.upper,
      rowLower: model.rowLower,
      rowUpper: model.rowUpper,
      matrix: {
        format: 'csr',
        numRows,
        numCols,
        starts: model.starts,
        indices: model.columns,
        values: model.factors,
      },
    });
    instance.run();
    const status = instance.getModelStatus();
    // Only an optimal one has values: a search that was stopped says 0 for every column.
    return status === loaded.constants.modelStatus.optimal
      ? { values: instance.getSolution().colValue }
      : { fault: `HiGHS ended with status ${status}` };
  } finally {
    instance.dispose();
  }
};

parentPort?.on('message', ({ id, model, timeLimitS }: Question) => {
  const loading = (runtime ??= loadHighs());
  loading
    .then((loaded) => solve(loaded, model, timeLimitS))
    .catch((error: unknown) => {
      // After refused models an instance can fail for good: the next model gets a new one.
      runtime = undefined;
      return { fault: error instanceof Error ? error.message : String(error) };
    })
    .then((answer) => parentPort?.postMessage({ id, ...answer }))
    .catch(() => undefined);
});

// Loading takes longer than most solves and is not to count as one.
runtime = loadHighs();
runtime.then(
  () => parentPort?.postMessage({ id: READY }),
  () => {
    runtime = undefined;
    parentPort?.postMessage({ id: READY });
  },
);
