/** The switch of a network's folder that says whether its endorsers compare proposals' time with their hosts' clocks. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type EndorsementClock = 'on' | 'simulated';

/** Names the switch to a chaincode process; one that is given none compares. */
export const CLOCK_SWITCH_VARIABLE = 'CHAINCODE_ENDORSEMENT_CLOCK_FILE';

export const clockSwitchFile = (folder: string): string => join(folder, 'endorsement-clock.json');

/** Endorsers that compare times cannot be told to stop. */
export class EndorsementClockOn extends Error {
  override readonly name = 'EndorsementClockOn';
}

const textOf = (state: EndorsementClock): string => `${JSON.stringify({ endorsementClock: state })}\n`;

async function created(file: string, state: EndorsementClock): Promise<boolean> {
  try {
    await writeFile(file, textOf(state), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Sets the switch of a network's folder: `simulated` when the network is made, before its chaincode starts, `on` at any
 * time; running chaincode finds it before the next command that it signs. It goes one way.
 * @throws EndorsementClockOn when it is on, or cannot be read, and is to be simulated.
 */
export async function setEndorsementClock(folder: string, state: EndorsementClock): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = clockSwitchFile(folder);
  if (await created(file, state)) return;
  if (state === 'on') {
    await writeFile(`${file}.new`, textOf('on'));
    await rename(`${file}.new`, file);
  } else if ((await readFile(file, 'utf8')) !== textOf('simulated')) {
    throw new EndorsementClockOn(
      `the endorsers of ${folder} compare times with their clocks, and that is not undone: make a simulated network in another folder`,
    );
  }
}
