import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startAaaNode } from './start.ts';
import { aaaNodeConfig } from './config.ts';

/** Runs an AAA node from a configuration file: `main.ts --config aaa.json`. Ends on SIGINT or SIGTERM. */
const { values } = parseArgs({ options: { config: { type: 'string' } } });
if (values.config === undefined) {
  process.stderr.write('usage: main.ts --config <file.json>\n');
  process.exit(2);
}
const config = aaaNodeConfig.safeParse(JSON.parse(await readFile(values.config, 'utf8')));
if (!config.success) {
  for (const issue of config.error.issues)
    process.stderr.write(`${issue.path.join('.')}: ${issue.message}\n`);
  process.exit(2);
}
const node = await startAaaNode(config.data);
process.stdout.write(`${node.url}\n`);
const stop = (): void => {
  void node.close().then(() => process.exit(0));
};
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
