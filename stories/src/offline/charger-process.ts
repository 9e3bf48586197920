import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { ChargerAct, ChargerOrder, ChargerSight } from './charger-order.ts';

interface Said {
  readonly url?: string;
  readonly sight?: ChargerSight;
  readonly fault?: string;
}

/** A charger that runs, seen from outside. */
export interface ChargerProcess {
  /** Of its radio. */
  readonly radioUrl: string;
  /** @returns what is seen after it */
  act(what: ChargerAct): Promise<ChargerSight>;
  /** Power goes. */
  cut(): Promise<void>;
}

/** Power comes (back): the charger starts with what it kept. */
export const startCharger = async (order: ChargerOrder): Promise<ChargerProcess> => {
  const child = fork(join(import.meta.dirname, 'charger-child.ts'), [], { execArgv: ['--import', 'tsx'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ask = (message: object): Promise<Said> =>
    new Promise((resolve, reject) => {
      const onExit = (): void => {
        reject(new Error('the charger has no power'));
      };
      child.once('exit', onExit);
      child.once('message', (said: Said) => {
        child.off('exit', onExit);
        if (said.fault === undefined) resolve(said);
        else reject(new Error(said.fault));
      });
      child.send(message);
    });
  const { url } = await ask({ order });
  if (url === undefined) throw new Error('the charger has no radio');
  return {
    radioUrl: url,
    act: async (what) => {
      const { sight } = await ask({ act: what });
      if (sight === undefined) throw new Error('the charger shows nothing');
      return sight;
    },
    cut: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
};
