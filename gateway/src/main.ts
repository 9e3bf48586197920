import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { keepFilesPrivate } from '@roamgrid/service-kit/runtime';
import { z } from 'zod';
import { gatewayConfig, type GatewayConfig } from './config.ts';
import { startGateway } from './start-gateway.ts';

const USAGE = `Usage: main.ts --config FILE

Starts a utility's gateway from a JSON file. Its fields are described in config.ts; DATABASE_URL, when it is set,
takes the place of database.url.`;

const readConfig = async (file: string): Promise<GatewayConfig> => {
  const json = JSON.parse(await readFile(file, 'utf8')) as GatewayConfig;
  const url = process.env['DATABASE_URL'];
  const config = url === undefined ? json : { ...json, database: { ...json.database, url } };
  const checked = gatewayConfig.safeParse(config);
  if (!checked.success)
    throw new Error(`${file} is not a gateway configuration:\n${z.prettifyError(checked.error)}`);
  return config;
};

const main = async (): Promise<void> => {
  keepFilesPrivate();
  const { values } = parseArgs({ options: { config: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help === true || values.config === undefined) {
    console.log(USAGE);
    process.exitCode = values.help === true ? 0 : 2;
    return;
  }
  const gateway = await startGateway(await readConfig(values.config));
  console.log(JSON.stringify({ ready: true, url: gateway.url }));
  const stop = (): void => {
    void gateway.close().then(() => {
      process.exit(0);
    });
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
};

await main().catch((thrown: unknown) => {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
});
