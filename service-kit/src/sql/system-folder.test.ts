import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chooseUser, clusterFolder } from './run-as.ts';
import { noteOwner, removeLeftOvers, systemFolder } from './system-folder.ts';

if (process.getuid?.() === 0)
  describe('what root keeps for a database whose user cannot get to its state', () => {
    const made: string[] = [];
    afterEach(() => {
      for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
    });
    /** A cluster of a temporary state folder that only root may enter, as tests and trials have. */
    const temporary = async () => {
      const stateDir = mkdtempSync(path.join(tmpdir(), 'roamgrid-left-'));
      const cluster = await clusterFolder(stateDir, await chooseUser());
      made.push(stateDir, cluster);
      return { stateDir, cluster };
    };

    it('goes when its state was temporary and is gone, not before, and not while its server runs', async () => {
      const [gone, there, running] = [await temporary(), await temporary(), await temporary()];
      mkdirSync(path.join(running.cluster, 'data'));
      writeFileSync(path.join(running.cluster, 'data', 'postmaster.pid'), `${process.pid}\n`);
      for (const { stateDir } of [gone, running]) rmSync(stateDir, { recursive: true });
      removeLeftOvers();
      assert.deepEqual(
        [gone, there, running].map(({ cluster }) => existsSync(cluster)),
        [false, true, true],
      );
    });

    it('stays when its state is to last, whose disk may only not be there yet', () => {
      const cluster = systemFolder(path.join('clusters', `test-${process.pid}`));
      made.push(cluster);
      noteOwner(cluster, '/srv/roamgrid-not-mounted');
      removeLeftOvers();
      assert.equal(existsSync(cluster), true);
    });
  });
