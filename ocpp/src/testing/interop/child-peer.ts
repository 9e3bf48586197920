import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Asked, StationPeer } from './peer.ts';

/** What a child writes, one JSON text a line. */
const line = z.union([
  z.strictObject({ ready: z.literal(true) }),
  z.strictObject({ asked: z.string(), payload: z.unknown() }),
  z.strictObject({ number: z.int(), answer: z.unknown() }),
  z.strictObject({ number: z.int(), refused: z.string() }),
]);

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (refusal: Error) => void;
}

interface ChildOptions extends Pick<StationPeer, 'name' | 'protocol'> {
  readonly program: string;
  readonly args: readonly string[];
}

/** A library that needs a program around it: the program says what it reads on its input, and writes what it hears. */
export const childPeer = ({ name, protocol, program, args }: ChildOptions): StationPeer => ({
  name,
  protocol,
  async connect(endpoint) {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const asked: Asked[] = [];
    const waiting = new Map<number, Waiting>();
    const tell = (what: object): void => {
      child.stdin.write(`${JSON.stringify(what)}\n`);
    };
    const ended = once(child, 'exit');
    const ready = new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (text) => {
        const told = line.parse(JSON.parse(text));
        if ('ready' in told) resolve();
        else if ('asked' in told) asked.push({ action: told.asked, payload: told.payload });
        else if ('refused' in told) waiting.get(told.number)?.reject(new Error(told.refused));
        else waiting.get(told.number)?.resolve(told.answer);
      });
      const fail = (): void => {
        reject(new Error(`${name} ended before it was connected`));
        for (const { reject: refuse } of waiting.values()) refuse(new Error(`${name} ended`));
      };
      ended.then(fail, reject);
    });
    tell({ ...endpoint, protocol });
    await ready;
    let last = 0;
    return {
      asked,
      say: (action, payload) =>
        new Promise((resolve, reject) => {
          last += 1;
          waiting.set(last, { resolve, reject });
          tell({ number: last, action, payload });
        }),
      async close() {
        child.stdin.end();
        child.kill();
        await ended;
      },
    };
  },
});
