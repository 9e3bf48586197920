import { readFileSync } from 'node:fs';
import { SimulatedStation, SUBPROTOCOLS, visit } from '@roamgrid/ocpp';
import { parseDecimal } from '@roamgrid/domain';
import { Command, InvalidArgumentError, Option } from 'commander';
import { exactOption } from '../exact-option.ts';
import { EXIT_CODES } from '../exit-codes.ts';

interface Options {
  readonly url: string;
  readonly id: string;
  readonly protocol: (typeof SUBPROTOCOLS)[number];
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  readonly tokenType: string;
  readonly energy: bigint;
  readonly steps: number;
  readonly pause: number;
  readonly stay: boolean;
}

const PASSWORD = 'OCPP_PASSWORD';
const MILLI_WH_PLACES = 6;

const milliWattHours = (text: string): bigint => {
  const read = parseDecimal(text, MILLI_WH_PLACES);
  if (read.ok && read.value > 0n) return read.value;
  throw new InvalidArgumentError('kilowatt-hours above zero, such as 7.5');
};
const count = (text: string): number => {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number');
};

const tell = (event: object): void => {
  const text = JSON.stringify(event, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  process.stdout.write(`${text}\n`);
};

const fileOf = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : readFileSync(path, 'utf8');

const stationOf = ({ url, id: stationId, protocol, ca, cert, key }: Options): SimulatedStation => {
  const password = process.env[PASSWORD];
  const [authority, shown, secret] = [fileOf(ca), fileOf(cert), fileOf(key)];
  return new SimulatedStation({
    ...{ url, stationId, protocol },
    ...(password === undefined ? {} : { password }),
    ...(authority === undefined
      ? {}
      : {
          tls: {
            ca: authority,
            ...(shown === undefined ? {} : { cert: shown }),
            ...(secret === undefined ? {} : { key: secret }),
          },
        }),
  });
};

async function simulate(options: Options): Promise<void> {
  const station = stationOf(options);
  try {
    await station.switchOn();
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    process.stderr.write(`DOOR_REFUSED: ${options.url} does not take ${options.id}: ${message}\n`);
    process.exitCode = EXIT_CODES.fault;
    return;
  }
  tell({ event: 'connected', protocol: options.protocol });
  const { token, tokenType: type, energy: milliWh, steps, pause: pauseMs } = options;
  if (token !== undefined) {
    const wants = { evse: 1, token: { idToken: token, type }, milliWh, steps, pauseMs };
    const outcome = await visit(station, wants, tell);
    process.exitCode = outcome === 'charged' ? EXIT_CODES.ok : EXIT_CODES.refused;
  }
  if (options.stay) {
    process.once('SIGINT', () => void station.switchOff());
    await station.line.closed;
  }
  for (const asked of station.memory.asked) tell({ event: 'asked', ...asked });
  await station.switchOff();
}

/** `roamgrid station simulate-ocpp`: a charging station that speaks OCPP, for trying a door out. */
function simulateOcppCommand(): Command {
  return new Command('simulate-ocpp')
    .description('be a charging station that speaks OCPP: connect, and charge for one driver')
    .requiredOption('--url <url>', 'where stations connect, without their id')
    .requiredOption('--id <station>', `the station’s id; its password is in ${PASSWORD}`)
    .addOption(new Option('--protocol <name>', 'version').choices(SUBPROTOCOLS).default('ocpp2.0.1'))
    .option('--ca <file>', 'the authority of the door’s certificate')
    .option('--cert <file>', 'the station’s certificate')
    .option('--key <file>', 'its key')
    .option('--token <id>', 'what the driver shows; without it the station only connects')
    .option('--token-type <type>', 'as 2.x names it', 'ISO14443')
    .addOption(exactOption('--energy <kWh>', 'what the driver charges', milliWattHours, '5'))
    .option('--steps <count>', 'in so many readings', count, 5)
    .option('--pause <ms>', 'between them', count, 1_000)
    .option('--stay', 'stay connected and obey until interrupted', false)
    .action(simulate);
}

/** `roamgrid station`: simulated stations of other protocols. */
export function stationCommand(): Command {
  return new Command('station')
    .description('simulated stations of other protocols')
    .addCommand(simulateOcppCommand());
}
