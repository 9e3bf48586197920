/**
 * What hiding secrets costs where the text is chosen by whoever wants it to cost much: `npx tsx bench/src/redaction.ts`.
 * For each kind of text one piece, and one of sixteen times its length: reading once takes 16 times as long, reading
 * again from every beginning 256 times. And what one line of the log takes, however large the value. Prints JSON.
 */
import { createLogger, redactText } from '@roamgrid/service-kit';
import { Writable } from 'node:stream';

const PIECE = 10_000;
const TIMES = 16;
const PASSES = 15;

const KINDS: Readonly<Record<string, string>> = {
  'scheme of an address': 'a.',
  'address without a password': 'a://b:',
  'beginning of a token': 'eyJ-',
  'token without an end': 'eyJab.',
  'kind of an authorization': 'Bearer ',
  'beginning of a customer number': 'US ',
};

/** The shortest of some passes: what the work takes when nothing disturbs it. */
const shortestMs = (work: () => void): number =>
  Math.min(
    ...Array.from({ length: PASSES }, () => {
      const beganMs = performance.now();
      work();
      return performance.now() - beganMs;
    }),
  );
const rounded = (value: number): number => Math.round(value * 1000) / 1000;

const texts = Object.entries(KINDS).map(([kind, part]) => {
  const text = part.repeat(Math.ceil((PIECE * TIMES) / part.length));
  const piece = text.slice(0, PIECE);
  const pieceMs = shortestMs(() => redactText(piece, Infinity));
  const wholeMs = shortestMs(() => redactText(text, Infinity));
  return { kind, pieceMs: rounded(pieceMs), wholeMs: rounded(wholeMs), ratio: rounded(wholeMs / pieceMs) };
});

const destination = new Writable({
  write: (_chunk, _encoding, done) => {
    done();
  },
});
const log = createLogger('bench', { destination });
const lines = [11_000, 110_000, 1_100_000].map((characters) => {
  const value = { err: new Error('a.'.repeat(characters / 2)) };
  return { characters, lineMs: rounded(shortestMs(() => log.info(value, 'refused'))) };
});

process.stdout.write(`${JSON.stringify({ piece: PIECE, times: TIMES, texts, lines }, null, 2)}\n`);
