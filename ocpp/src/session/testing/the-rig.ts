import { openRig, type Rig } from './rig.ts';

let opened: Promise<Rig> | undefined;

/** One for all tests of a run: what it keeps is cleared before each. */
export const theRig = (): Promise<Rig> => (opened ??= openRig());

after(async () => {
  await (await opened)?.close();
});
