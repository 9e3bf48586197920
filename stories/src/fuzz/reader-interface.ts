import { connect } from 'node:net';
import { readerAnswer, readerMessage } from '@roamgrid/wire';
import { z } from 'zod';
import type { Dice } from './dice.ts';
import { fitting, type Schema } from './from-schema.ts';
import type { Interface, Tried } from './interface.ts';
import { mutated } from './mutate.ts';
import type { Verdict } from './outcome.ts';
import type { Pool } from './pool.ts';

const MESSAGE = z.toJSONSchema(readerMessage, { io: 'input' }) as Schema;
const ALIVE = '{"v":1,"type":"removed"}';
const ALIVE_MS = 60_000;

/** What the station answered, in lines; `silent` when it neither answered as often as it was asked nor ended. */
interface Heard {
  readonly lines: readonly string[];
  readonly isSilent: boolean;
}

const say = (path: string, bytes: Buffer, expected: number, boundMs: number): Promise<Heard> =>
  new Promise((resolve) => {
    let text = '';
    const socket = connect(path);
    const done = (isSilent: boolean): void => {
      clearTimeout(bound);
      socket.destroy();
      resolve({ lines: text.split('\n').slice(0, -1), isSilent });
    };
    const bound = setTimeout(() => {
      done(true);
    }, boundMs);
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.split('\n').length > expected) done(false);
    });
    socket.on('error', () => {
      done(false);
    });
    socket.on('end', () => {
      done(false);
    });
    socket.write(bytes);
    // Where no line was completed nothing is answered: the reader goes, and the station has to bear it.
    if (expected === 0) socket.end();
  });

const drawLines = (dice: Dice, pool: Pool): Buffer => {
  const line = (): Buffer => {
    const fit = pool.filled(dice.draw(fitting(MESSAGE)), dice);
    const kind = dice.below(6);
    if (kind < 3) return Buffer.from(JSON.stringify(fit));
    if (kind === 3) return Buffer.from(JSON.stringify(mutated(fit, dice)).replaceAll('\n', ' '));
    const bytes = kind === 4 ? dice.damaged(Buffer.from(JSON.stringify(fit))) : dice.bytes(2_000);
    return Buffer.from(bytes.filter((byte) => byte !== 0x0a));
  };
  const lines = Array.from({ length: 1 + dice.below(3) }, line);
  const isCut = dice.percent(10);
  return Buffer.concat(
    lines.flatMap((one, at) => (isCut && at === lines.length - 1 ? [one] : [one, Buffer.from('\n')])),
  );
};

const isAnswer = (line: string): boolean => {
  try {
    return readerAnswer.safeParse(JSON.parse(line)).success;
  } catch {
    return false;
  }
};

const judge = ({ lines, isSilent }: Heard): Verdict =>
  isSilent ? 'hang' : lines.every(isAnswer) ? 'good' : 'untyped';

/** Where an outlet's card reader connects: a socket of the station's own machine. */
export const readerInterface = (name: string, path: string, pool: Pool): Interface => ({
  name,
  at: path,
  tryOne: async (dice, boundMs): Promise<Tried> => {
    const bytes = drawLines(dice, pool);
    const complete = bytes.filter((byte) => byte === 0x0a).length;
    const heard = await say(path, bytes, complete, boundMs);
    return {
      verdict: judge(heard),
      told: () =>
        `${JSON.stringify(bytes.toString('latin1').slice(0, 400))} → ${heard.isSilent ? 'silence' : ''} ${heard.lines.join(' ').slice(0, 400)}`,
    };
  },
  isAlive: async () => {
    // Others may hold all of its places for a moment.
    for (const end = Date.now() + ALIVE_MS; Date.now() < end;) {
      const { lines } = await say(path, Buffer.from(`${ALIVE}\n`), 1, ALIVE_MS);
      if (lines.length > 0 && lines.every(isAnswer)) return true;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
  },
});
