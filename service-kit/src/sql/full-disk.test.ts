import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { limitFiles } from '../testing/file-limit.ts';
import { liveThroughFullDisk } from '../testing/full-disk.ts';
import { clusterFolder, chooseUser } from './run-as.ts';

/** Segments of PostgreSQL's log are as large as 16 MiB and written whole; a table that grows beyond is not. */
const LOG_FITS_BYTES = 17 * 1024 * 1024;

/**
 * A limit on the size of files (`EFBIG`) stands for the full disk here, because it needs no rights. A disk that really is
 * full (`ENOSPC`) is shown by `npm run test:full-disk`, which has to mount one.
 */
if (process.platform === 'linux')
  describe('a service whose database has no room', function () {
    this.timeout(120_000);
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'roamgrid-disk-'));
    });
    afterEach(async () => {
      await rm(await clusterFolder(folder, await chooseUser()), { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    });
    const limitedTo = (bytes: number) => ({
      folder,
      fill: (pid: number) => limitFiles(pid, bytes),
      free: (pid: number) => limitFiles(pid, 'unlimited').catch(() => undefined),
    });

    it('for its tables: says 503, loses nothing that it took, and goes on when there is room', async () => {
      await liveThroughFullDisk(limitedTo(LOG_FITS_BYTES));
    });

    it('for its log either, so that the server ends: says 503, loses nothing that it took, and goes on', async () => {
      await liveThroughFullDisk(limitedTo(0));
    });
  });
