import { hashPassword } from '@roamgrid/ocpp';
import { Command } from 'commander';
import { exactOption } from '../exact-option.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { makeStation, newStation, type NewStation } from './new-station.ts';
import { fail, PASSWORD, watts, wordsOf } from './options.ts';

/** Of a password, in bytes: those of 2.0.1, of which 1.6 takes up to 20. Spec: OCPP 2.0.1 part 2, BasicAuthPassword. */
const LEAST_BYTES = 16;
const MOST_BYTES = 40;

async function hashOfPassword(): Promise<void> {
  const password = process.env[PASSWORD] ?? '';
  const bytes = Buffer.byteLength(password);
  if (bytes < LEAST_BYTES || bytes > MOST_BYTES) {
    fail(
      `PASSWORD_INVALID: put a password of ${LEAST_BYTES} to ${MOST_BYTES} bytes into ${PASSWORD}: it has ${bytes}`,
    );
    return;
  }
  process.stdout.write(`${await hashPassword(password)}\n`);
}

/** `roamgrid station hash-password`: a station's password as a door's configuration keeps it. */
export function hashPasswordCommand(): Command {
  return new Command('hash-password')
    .description(`the hash of the password in ${PASSWORD}, for the configuration of a door to OCPP stations`)
    .action(hashOfPassword);
}

interface NewOptions extends Omit<NewStation, 'powerW'> {
  readonly power: bigint;
  readonly out: string;
}

async function newStationOf({ power: powerW, out, ...rest }: NewOptions): Promise<void> {
  const described = newStation.safeParse({ ...rest, powerW });
  if (!described.success) {
    const faults = described.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`);
    process.stderr.write(`STATION_INVALID: ${faults.join('; ')}\n`);
    process.exitCode = EXIT_CODES.refused;
    return;
  }
  try {
    const { register, door, password } = await makeStation(described.data, out);
    process.stdout.write(
      [
        `${register}: registers it on the ledger; POST it to <gateway>/operator/v1/commands/consortium/registerStation`,
        `${door}: goes into "stations" of the door's configuration; it holds the station's keys`,
        password === ''
          ? `it proves itself by a certificate of the door's "stationCa" with ${described.data.id} as its common name`
          : `${password}: what the station is given as its password`,
        '',
      ].join('\n'),
    );
  } catch (thrown) {
    fail(`NOT_WRITTEN: ${wordsOf(thrown)}`);
  }
}

/** `roamgrid station new`: what the ledger, the door and the station need of a new one. */
export function newStationCommand(): Command {
  return new Command('new')
    .description(
      'make the keys, the registration and the door’s entry of a new station of one outlet that speaks OCPP',
    )
    .requiredOption('--utility <id>', 'whose it is, such as USDUK')
    .requiredOption('--id <station>', 'on the ledger and in OCPP')
    .requiredOption('--evse-id <id>', 'of its outlet, such as US*DUK*E0001*1')
    .addOption(exactOption('--power <kW>', 'what its outlet carries', watts, '22'))
    .requiredOption('--name <text>', 'for drivers')
    .requiredOption('--address <text>', 'for drivers')
    .requiredOption('--time-zone <name>', 'where it stands, such as America/New_York')
    .option('--group <name>', 'in which it settles', 'g0')
    .option('--certificate', 'it proves itself by a certificate, not by a password', false)
    .requiredOption('--out <folder>', 'where the files go; none is overwritten')
    .action(newStationOf);
}
