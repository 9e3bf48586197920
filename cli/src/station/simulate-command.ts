import { readFileSync } from 'node:fs';
import { SimulatedStation, SUBPROTOCOLS, visit } from '@roamgrid/ocpp';
import { parseDecimal } from '@roamgrid/domain';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readStreetStation } from '@roamgrid/stories/street';
import { exactOption } from '../exact-option.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { stateDirOf } from '../state-dir.ts';
import { fail, PASSWORD, watts, wordsOf } from './options.ts';

interface Options {
  readonly url?: string;
  readonly id?: string;
  readonly stateDir?: string;
  readonly protocol: (typeof SUBPROTOCOLS)[number];
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  readonly tokenType?: string;
  readonly energy: bigint;
  readonly power: bigint;
  readonly steps: number;
  readonly pause?: number;
  readonly stay: boolean;
}

const MILLI_WH_PLACES = 6;
/** A milliwatt-hour takes so many milliseconds at a watt. */
const MS_OF_MILLI_WH = 3_600n;

/** What to do about a refusal, where its words do not say it. */
const REMEDIES: Readonly<Record<string, string>> = {
  Unauthorized: `: its id, or what it proves itself by (${PASSWORD}, or --cert and --key), is not known there`,
  'self-signed certificate': ': name the authority of the door’s certificate with --ca',
};
/** A chip's number. */
const CHIP = /^(?:[0-9A-Fa-f]{2}){4,10}$/;

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

/** Who the station is, and who charges there. */
interface Identity {
  readonly url: string;
  readonly stationId: string;
  readonly password: string | undefined;
  readonly token: string | undefined;
}

/** As the options say; with neither address nor id, the station that `npm start` left for whoever wants to be one. */
const identityOf = ({ url, id, token, stateDir }: Options): Identity | string => {
  const password = process.env[PASSWORD];
  if (url !== undefined && id !== undefined) return { url, stationId: id, password, token };
  if (url !== undefined || id !== undefined)
    return 'OPTION_MISSING: --url and --id belong together; without both it is the station of a running npm start';
  const folder = stateDirOf('start', stateDir);
  const known = readStreetStation(folder);
  if (known === undefined)
    return `NOT_STARTED: no npm start left a station in ${folder}: start it first, or give --url and --id`;
  return { ...known, password: password ?? known.password, token: token ?? known.token };
};

const stationOf = (
  { protocol, ca, cert, key }: Options,
  { url, stationId, password }: Identity,
): SimulatedStation => {
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

/** As long as the car takes for the energy between two readings; rounded up, so that no outlet carried more than that. */
const pauseOf = ({ energy, power, steps, pause }: Options): number =>
  pause ?? Math.ceil(Number((energy * MS_OF_MILLI_WH) / power) / Math.max(1, steps));

async function simulate(options: Options): Promise<void> {
  const identity = identityOf(options);
  if (typeof identity === 'string') {
    fail(identity);
    return;
  }
  const { url, stationId, token } = identity;
  const station = stationOf(options, identity);
  try {
    await station.switchOn();
  } catch (thrown) {
    const words = wordsOf(thrown);
    fail(`DOOR_REFUSED: ${url} does not take ${stationId}: ${words}${REMEDIES[words] ?? ''}`);
    return;
  }
  tell({ event: 'connected', protocol: options.protocol, url, stationId });
  // Interrupted, the driver ends what charges, and the station goes in order.
  const interrupted = new AbortController();
  const interrupt = () => {
    interrupted.abort();
  };
  process.once('SIGINT', interrupt);
  const { energy: milliWh, steps } = options;
  if (token !== undefined) {
    const type = options.tokenType ?? (CHIP.test(token) ? 'ISO14443' : 'Central');
    const wants = { evse: 1, token: { idToken: token, type }, milliWh, steps, pauseMs: pauseOf(options) };
    const outcome = await visit(station, wants, tell, interrupted.signal);
    process.exitCode = outcome === 'charged' ? EXIT_CODES.ok : EXIT_CODES.refused;
  }
  if (options.stay && !interrupted.signal.aborted) {
    interrupted.signal.addEventListener('abort', () => void station.switchOff());
    await station.line.closed;
  }
  process.off('SIGINT', interrupt);
  for (const asked of station.memory.asked) tell({ event: 'asked', ...asked });
  await station.switchOff();
}

/** `roamgrid station simulate-ocpp`: a charging station that speaks OCPP, for trying a door out. */
export function simulateOcppCommand(): Command {
  return new Command('simulate-ocpp')
    .description('be a charging station that speaks OCPP: connect, and charge for one driver')
    .option('--url <url>', 'where stations connect, without their id; else the door of a running npm start')
    .option('--id <station>', `the station’s id; its password is in ${PASSWORD}`)
    .option('--state-dir <folder>', 'folder of that npm start (default .roamgrid/start)')
    .addOption(new Option('--protocol <name>', 'version').choices(SUBPROTOCOLS).default('ocpp2.0.1'))
    .option('--ca <file>', 'the authority of the door’s certificate')
    .option('--cert <file>', 'the station’s certificate')
    .option('--key <file>', 'its key')
    .option('--token <id>', 'what the driver shows; without it, and with --url, the station only connects')
    .option(
      '--token-type <type>',
      'as 2.x names it (default: ISO14443 for a chip’s number in hex, else Central)',
    )
    .addOption(exactOption('--energy <kWh>', 'what the driver charges', milliWattHours, '1'))
    .addOption(exactOption('--power <kW>', 'what the car takes', watts, '100'))
    .option('--steps <count>', 'in so many readings', count, 5)
    .option('--pause <ms>', 'between them; as long as the car takes when left out', count)
    .option('--stay', 'stay connected and obey until interrupted', false)
    .action(simulate);
}
