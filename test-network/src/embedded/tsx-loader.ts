/** The loader that runs TypeScript files in a Node process of their own. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** For `node --import`. */
export const TSX_LOADER: string = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
