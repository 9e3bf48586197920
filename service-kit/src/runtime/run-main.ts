import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { keepFilesPrivate } from './private-files.ts';

/** What a started service looks like to the program around it. */
export interface Running {
  readonly url: string;
  /** Where those whom it serves come in, when that is elsewhere. */
  readonly guestsUrl?: string;
  close(): Promise<void>;
}

/** `DATABASE_URL`, when it is set, takes the place of `database.url`, so that the password need not stand in the file. */
export const withDatabaseUrl = (config: unknown, url: string | undefined): unknown => {
  const database = z.looseObject({ database: z.looseObject({}) }).safeParse(config);
  if (url === undefined || !database.success) return config;
  return { ...database.data, database: { ...database.data.database, url } };
};

/**
 * The program of a service: reads `--config <file.json>`, starts, prints its addresses, a line each, ends on SIGINT or SIGTERM.
 * Exit status 2 means a wrong call or configuration.
 */
export const runMain = async <S extends z.ZodType>(
  schema: S,
  start: (config: z.input<S>) => Promise<Running>,
): Promise<void> => {
  keepFilesPrivate();
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  if (values.config === undefined) {
    process.stderr.write('usage: main.ts --config <file.json>\n');
    process.exitCode = 2;
    return;
  }
  const config = withDatabaseUrl(
    JSON.parse(await readFile(values.config, 'utf8')),
    process.env['DATABASE_URL'],
  );
  const checked = schema.safeParse(config);
  if (!checked.success) {
    for (const { path, message } of checked.error.issues) {
      process.stderr.write(`${path.join('.') || 'configuration'}: ${message}\n`);
    }
    process.exitCode = 2;
    return;
  }
  const running = await start(config as z.input<S>);
  const { url, guestsUrl } = running;
  process.stdout.write(`${url}\n${guestsUrl === undefined ? '' : `${guestsUrl}\n`}`);
  const stop = (): void => {
    void running.close().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
};
