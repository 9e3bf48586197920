import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cdrText, locationText, sessionText, tariffText, tokenText } from '../../objects/examples.fixture.ts';
import { own } from '../duke.ts';
import { startPlatform } from '../../simulator/platform.ts';
import { bringIn, type DoorUnderTest } from '../world.ts';
import { createRows, type Exercised } from './rows.ts';

/** The command line of `ocpi-kit` in its folder. */
export const TOOL = join('bin', 'ocpi');

const run = promisify(execFile);
const TEXTS = {
  ...{ locations: locationText, tariffs: tariffText(), tokens: tokenText, sessions: sessionText },
  cdrs: cdrText('C-9', '{ "excl_vat": 3.90, "incl_vat": 4.641 }'),
};
/** Of each module, so that there is a second page of two. */
const COUNT = 3;

/** A line of its report: `[+] module.limit locations honours the requested limit`. */
const CHECK = /^\[(.)\] (\S+) (.*)$/;

/**
 * A conformance tool of 2.3.0 as a partner that has a token: every check of it that the door's versions, headers, pages and objects
 * have to pass, and all objects of each module over its client.
 */
export const exerciseTool = async (folder: string, duke: DoorUnderTest): Promise<readonly Exercised[]> => {
  const rows = createRows();
  const platform = await startPlatform('2.3.0');
  try {
    const token = await bringIn(duke, platform, 'kit', 'FRKIT', 'CPO', 'EMSP');
    for (const [module, text] of Object.entries(TEXTS))
      for (let at = 1; at <= COUNT; at += 1) {
        const other = own(text).replace(/"(L-Harbour-1|T-1|04A1B2C3D4E580|S-9|C-9)"/, `"$1-${at}"`);
        await duke.operate('PUT', `/operator/v1/own/${module}`, { text: other, partnerId: 'kit' });
      }
    const program = join(folder, TOOL);
    const about = [duke.door.versionsUrl, '--token', token, '--limit', '2'];
    const { stdout } = await run(program, ['--insecure', 'conformance', '--no-fail', ...about]);
    for (const line of stdout.split('\n')) {
      const [, mark, check = '', what = ''] = CHECK.exec(line) ?? [];
      if (mark !== undefined) rows.note(`${check} ${what}`, mark === '+', line);
    }
    for (const module of Object.keys(TEXTS)) {
      const pulled = await run(program, ['--insecure', 'pull', module, '--from', 'FR/KIT', ...about]);
      const objects = pulled.stdout.split('\n').filter((line) => line.startsWith('{'));
      rows.note(`pull of ${module}`, objects.length >= COUNT, pulled.stdout);
    }
  } finally {
    platform.close();
  }
  return rows.rows;
};
