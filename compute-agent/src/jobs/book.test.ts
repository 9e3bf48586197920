import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobBook } from './book.ts';
import type { JobRecord, Standing } from './record.ts';

describe('the book of jobs', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'book-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const record = (jobId: string, standing: Standing, endedMs: number): JobRecord => ({
    order: { jobId, program: 'primes', arguments: [], kind: 'ordinary', priority: 5 },
    ...{ arrivedMs: 0, standing, hop: 0, runs: 1, cpuMs: 0, endedMs },
  });

  it('keeps the last thousand of those that are over, however they ended, and all others', () => {
    const book = new JobBook(folder);
    book.keep(record('waits', 'here', 0));
    book.keep(record('arrives', 'arriving', 0));
    const ends = ['done', 'failed', 'cancelled', 'gone'] as const;
    for (let index = 0; index < 1_004; index += 1) {
      book.clearWork(`job-${index}`);
      book.keep(record(`job-${index}`, ends[index % ends.length] ?? 'done', 1 + index));
    }
    const known = new JobBook(folder).all().map(({ order }) => order.jobId);
    assert.equal(known.length, 1_002);
    for (const jobId of ['waits', 'arrives', 'job-4', 'job-1003']) assert.ok(known.includes(jobId), jobId);
    assert.equal(existsSync(join(folder, 'jobs', 'job-3')), false, 'with its files');
    assert.equal(readdirSync(join(folder, 'jobs')).length, 1_002);
  });
});
