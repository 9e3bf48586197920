import { simulateHome, SLOT_MS, type Stay } from '@roamgrid/energy-controller';
import { Command } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { readStays } from '../power/read-stays.ts';
import { edgeOf, pricingOf, readFileOf, Refusal, refusing } from '../study/inputs.ts';
import { jsonText, type Io } from '../study/io.ts';
import { withHomeOptions, type HomeOptions } from './options.ts';
import { homeJson, homeText } from './output.ts';
import { readCourse } from './read-course.ts';

/** `roamgrid home simulate` */
export function simulateCommand(io: Io): Command {
  return withHomeOptions(
    new Command('simulate').description(
      'live through a house’s days by a plan over 48 hours, and compare with knowing everything and with no plan',
    ),
  ).action((options: HomeOptions) => refusing(options, io, () => lived(options, io)));
}

function staysOf(options: HomeOptions, io: Io, notes: string[]): readonly Stay[] {
  if (options.sessions === undefined) return [];
  const file = readStays(readFileOf(options.sessions, io), columnsOf(options), {
    zone: options.zone,
    phases: 1,
  });
  if (!file.ok) throw new Refusal(file.error.code, `${options.sessions}: ${file.error.message}`);
  const leftOut = Object.entries(file.value.leftOut);
  if (leftOut.length > 0)
    notes.push(
      `of its sessions were left out: ${leftOut.map(([why, count]) => `${count} ${why}`).join(', ')}`,
    );
  return file.value.stays;
}

const columnsOf = ({ arrivalColumn, departureColumn, energyColumn }: HomeOptions) => ({
  ...{ arrivalColumn, departureColumn, energyColumn },
});

const PROGRESS_PERCENT = 10;
const DAY_SLOTS = 96;
/** Of less nothing can be expected for the 48 hours to come. */
const HISTORY_SLOTS = 2 * DAY_SLOTS;

async function lived(options: HomeOptions, io: Io): Promise<void> {
  const { zone, connectionKw, outletKw, volts, batteryKwh, batteryStartKwh, batteryKw, days, knows } =
    options;
  if (batteryKwh === undefined ? batteryStartKwh > 0n : batteryStartKwh > batteryKwh)
    throw new Refusal(
      'BAD_OPTION',
      'the battery holds more at first than it can: see --battery-kwh',
      EXIT_CODES.usage,
    );
  const notes: string[] = [];
  const file = readCourse(readFileOf(options.load, io), options, zone);
  if (!file.ok) throw new Refusal(file.error.code, `${options.load}: ${file.error.message}`);
  const { course, filled, skipped, stepMinutes } = file.value;
  if (options.solarScale !== '1')
    notes.push(`${options.solarColumn ?? 'no column'} was multiplied by ${options.solarScale}`);
  if (stepMinutes !== SLOT_MS / 60_000) notes.push(`rows of ${stepMinutes} min were taken as even within`);
  if (filled > 0) notes.push(`${filled} quarters of an hour that no row covers go on as before`);
  if (skipped > 0) notes.push(`${skipped} rows of an hour that ${zone.name} skips were left out`);
  const fromMs = edgeOf('--from', options.from, zone) ?? course.firstMs;
  const from = (fromMs - course.firstMs) / SLOT_MS;
  const slots = Math.min(days * DAY_SLOTS, course.loadW.length - from);
  if (!Number.isInteger(from) || from < 0 || slots < days * DAY_SLOTS)
    throw new Refusal('NO_DATA', `${options.load} does not say all of ${days} days from ${options.from}`);
  if (knows === 'forecast' && from < HISTORY_SLOTS)
    throw new Refusal(
      'NO_HISTORY',
      `${options.load} says nothing of the ${HISTORY_SLOTS / DAY_SLOTS} days before ${options.from}, by which the plan expects what comes`,
    );
  const pricing = pricingOf(options, io, notes);
  const report = await simulateHome({
    house: {
      ...{ connectionW: connectionKw, outletW: outletKw, volts },
      ...(batteryKwh !== undefined && {
        battery: {
          capacityWh: batteryKwh,
          startWh: batteryStartKwh,
          ...(batteryKw !== undefined && { maxW: batteryKw }),
        },
      }),
    },
    ...{ course, from, slots, knows, stays: staysOf(options, io, notes) },
    priceMicrosPerKWh: (atMs) => pricing?.energyMicrosPerKWh(atMs) ?? 0n,
    onProgress: progress(io),
  });
  io.out(options.json ? jsonText(homeJson(report, options, notes)) : homeText(report, options, notes));
  io.exitCode(
    report.overLimit === 0 && report.departuresMissed === 0 ? EXIT_CODES.ok : EXIT_CODES.checkFailed,
  );
}

/** Says each tenth of the way. */
const progress = (io: Io): ((share: number) => void) => {
  let said = 0;
  return (share) => {
    const percent = Math.floor((100 * share) / PROGRESS_PERCENT) * PROGRESS_PERCENT;
    if (percent <= said) return;
    said = percent;
    io.err(`${String(percent).padStart(3)} % of the days are lived through\n`);
  };
};
