import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The Python of a folder that has all these modules. */
export const pythonWith = (folders: readonly string[], modules: string): string | undefined =>
  folders
    .map((folder) => join(folder, 'bin', 'python3'))
    .find(
      (python) =>
        existsSync(python) &&
        spawnSync(python, ['-c', `import ${modules}`], { stdio: 'ignore' }).status === 0,
    );
