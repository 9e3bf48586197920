/**
 * Counts primes below a number, as a job that can be stopped anywhere: on SIGUSR1 or SIGUSR2 it renames a checkpoint into place, begins where one is, and
 * renames its result into place at the end. With a third argument it notes in that file every few milliseconds that it runs, and as which process, and
 * comes no further than a little way while there is a file of that name with `.hold` after it.
 */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const [most = '1000', everyMs = '0', notes] = process.argv.slice(2);
const below = Number(most);
const pauseMs = Number(everyMs);
const CHUNK = 500;

const put = (file, value) => {
  writeFileSync(`${file}.new`, JSON.stringify(value));
  renameSync(`${file}.new`, file);
};
const isPrime = (n) => {
  for (let d = 2; d * d <= n; d += 1) if (n % d === 0) return false;
  return n >= 2;
};

const from = existsSync('checkpoint')
  ? JSON.parse(readFileSync('checkpoint', 'utf8'))
  : { next: 2, primes: 0 };
let { next, primes } = from;
const note = (what) => {
  if (notes !== undefined)
    appendFileSync(
      notes,
      `${JSON.stringify({ what, pid: process.pid, ns: String(process.hrtime.bigint()), next, primes })}\n`,
    );
};
const leaveCheckpoint = () => put('checkpoint', { next, primes });
process.on('SIGUSR1', leaveCheckpoint);
process.on('SIGUSR2', leaveCheckpoint);
note('begin');
while (next < below) {
  if (notes !== undefined && next > 5 * CHUNK && existsSync(`${notes}.hold`)) {
    note('beat');
    await new Promise((resolve) => setTimeout(resolve, 5));
    continue;
  }
  for (let left = CHUNK; left > 0 && next < below; left -= 1, next += 1) if (isPrime(next)) primes += 1;
  note('beat');
  // Signals are heard between chunks.
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
put('result', { primes });
note('end');
