import { chmodSync, mkdirSync, statSync } from 'node:fs';

/**
 * Of a folder that only its owner may read. A shipped PostgreSQL runs as another user where we are root, and passes through
 * it to its own data; it can list and make nothing there.
 */
const FOLDER_MODE = process.getuid?.() === 0 ? 0o711 : 0o700;

/**
 * From now on whatever this process and its children write is for their user alone, also what other people's code writes,
 * as databases do, and whatever the user's own umask is.
 */
export const keepFilesPrivate = (): void => {
  process.umask(0o077);
};

/** Makes a folder for its owner alone, or takes from one that is there what others may do in it. */
export const privateFolder = (folder: string): void => {
  // The mask of files would keep PostgreSQL's user out of the folders above, too.
  const mask = process.umask(0o777 & ~FOLDER_MODE);
  try {
    mkdirSync(folder, { recursive: true });
  } finally {
    process.umask(mask);
  }
  const { mode } = statSync(folder);
  if ((mode & 0o777 & ~FOLDER_MODE) !== 0) chmodSync(folder, mode & FOLDER_MODE);
};
