import { fork } from 'node:child_process';
import { join } from 'node:path';
import { programArguments } from '@roamgrid/service-kit/program';
import type { ChargerAct, ChargerOrder, ChargerSight } from './charger-order.ts';

/** What its process says: the answer to what it was asked by that number, or why it ends. */
export interface ChargerSaid {
  readonly to?: number;
  readonly url?: string;
  readonly nearUrl?: string;
  readonly sight?: ChargerSight;
  readonly fault?: string;
}

/** A charger that runs, seen from outside. */
export interface ChargerProcess {
  /** Of its radio. */
  readonly radioUrl: string;
  /** Where it answers its neighbours, if it has any. */
  readonly nearUrl: string | undefined;
  /** @returns what is seen after it @throws with the cause once it has no power */
  act(what: ChargerAct): Promise<ChargerSight>;
  /** Power goes. */
  cut(): Promise<void>;
}

const PROGRAM = programArguments(join(import.meta.dirname, 'charger-child.ts'));

/** A process that is asked, and answers each question by its number. */
const startChild = (evseId: string) => {
  const child = fork(PROGRAM.at(-1) ?? '', [], { execArgv: PROGRAM.slice(0, -1) });
  const asked = new Map<number, { answer(said: ChargerSaid): void; fail(error: Error): void }>();
  let [count, why] = [0, 'it has no power'];
  const noPower = (): Error => new Error(`the charger ${evseId}: ${why}`);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      why += ` (${signal ?? `exit ${String(code)}`})`;
      for (const { fail } of asked.values()) fail(noPower());
      asked.clear();
      resolve();
    });
  });
  child.on('error', (error) => {
    why = error.message;
  });
  child.on('message', (said: ChargerSaid) => {
    if (said.fault !== undefined) why = said.fault;
    if (said.to === undefined) return;
    asked.get(said.to)?.answer(said);
    asked.delete(said.to);
  });
  return {
    ask: (message: object): Promise<ChargerSaid> =>
      new Promise((answer, fail) => {
        if (!child.connected) {
          gone.then(() => {
            fail(noPower());
          }, fail);
          return;
        }
        const to = (count += 1);
        asked.set(to, { answer, fail });
        // What cannot be sent any more is answered by its end.
        child.send({ ...message, to }, () => undefined);
      }),
    cut: async (): Promise<void> => {
      child.kill('SIGKILL');
      await gone;
    },
  };
};

/** Power comes (back): the charger starts with what it kept. @throws with the cause when it does not start */
export const startCharger = async (order: ChargerOrder): Promise<ChargerProcess> => {
  const { ask, cut } = startChild(order.evseId);
  const { url, nearUrl } = await ask({ order });
  if (url === undefined) throw new Error('the charger has no radio');
  return {
    ...{ radioUrl: url, nearUrl, cut },
    act: async (what) => {
      const { sight } = await ask({ act: what });
      if (sight === undefined) throw new Error('the charger shows nothing');
      return sight;
    },
  };
};
