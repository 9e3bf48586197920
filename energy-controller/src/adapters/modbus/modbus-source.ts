import type { Source, Store } from '@roamgrid/domain/power';
import { divide } from '@roamgrid/domain';
import { AdapterError, type DeviceFacts, type SourceAdapter, type SourceReading } from '../adapter.ts';
import { machineClock, type AdapterClock } from '../adapter-clock.ts';
import { ModbusConnection } from './connection.ts';
import { ModbusDevice, type Told } from './device.ts';
import { SetPoint } from './set-point.ts';
import { deviceTable, type DeviceTable, type ModbusSourceConfig } from './table.ts';
import { DEVICE_TABLES } from './tables.ts';

type Names = 'watts' | 'volts' | 'mostOutW' | 'mostInW' | 'soc' | 'capacityWh' | 'beat';

const THOUSAND = 1_000n;
const HUNDRED_PER_CENT = 100n * THOUSAND;
/** A device that tells more than this many times what it can have is read by a wrong table: another order of words, another scale. */
const ABSURD = 10n;

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

/** To the watt or watt-hour, halves to even. */
const whole = (thousandths: bigint): bigint => divide(thousandths, THOUSAND, 'half-even');

/** Looks a table up, or takes the one that is given. @throws AdapterError */
export const tableOf = (device: ModbusSourceConfig['device']): DeviceTable => {
  if (typeof device !== 'string') return device;
  const table = DEVICE_TABLES[device];
  if (table === undefined)
    throw new AdapterError(
      'REFUSED',
      `no table is called ${device}: it is one of ${Object.keys(DEVICE_TABLES).join(', ')}, or write one into the configuration`,
    );
  return deviceTable.parse(table);
};

/** A meter at the connection, an inverter or a battery that is read, and a battery told, by Modbus TCP. */
export class ModbusSource implements SourceAdapter {
  readonly sourceId: string;
  readonly #config: ModbusSourceConfig;
  readonly #table: DeviceTable;
  readonly #clock: AdapterClock;
  readonly #device: ModbusDevice;
  readonly #setPoint: SetPoint | undefined;
  /** Only of what can be told. */
  readonly setW?: NonNullable<SourceAdapter['setW']>;
  #beat: { readonly count: bigint; readonly sinceMs: number } | undefined;

  constructor(config: ModbusSourceConfig, clock: AdapterClock = machineClock) {
    this.sourceId = config.sourceId;
    this.#config = config;
    this.#clock = clock;
    this.#table = tableOf(config.device);
    this.#device = new ModbusDevice(new ModbusConnection(config), this.#table);
    const { orders } = this.#table;
    if (orders === undefined) return;
    const setPoint = new SetPoint(this.#device, orders, clock);
    this.#setPoint = setPoint;
    this.setW = async (order, signal) => {
      const { mostW, mostInW } = this.#config;
      if (order.watts > mostW || order.watts < -mostInW)
        throw new AdapterError(
          'REFUSED',
          `${this.sourceId} puts out ${mostW} W and takes in ${mostInW} W at most, not ${order.watts} W`,
        );
      await setPoint.tell(order, signal);
    };
  }

  async read(signal: AbortSignal): Promise<SourceReading> {
    const { watts, volts, mostOutW, mostInW, soc, capacityWh, beat } = this.#table;
    const atMs = this.#clock.nowMs();
    const points = { watts, volts, mostOutW, mostInW, soc, capacityWh, beat };
    const told: Told<Names> = await this.#device.read(points, signal);
    const measuredW = this.#measuredW(told);
    const store = this.#store(told);
    const { sourceId, sourceKind: kind, nodeId, lanes, lossPpm, staleAfterMs } = this.#config;
    const source: Source = {
      ...{ sourceId, kind, nodeId, staleAfterMs },
      measuredAtMs: this.#measuredAtMs(told.beat, atMs),
      availableW: this.#availableW(told, measuredW),
      ...(lanes === undefined ? {} : { lanes }),
      ...(lossPpm === undefined ? {} : { lossPpm }),
      ...(store === undefined ? {} : { store }),
    };
    return { source, measuredW, facts: this.#facts(told) };
  }

  close(): Promise<void> {
    this.#setPoint?.close();
    this.#device.close();
    return Promise.resolve();
  }

  #measuredW(told: Told<Names>): bigint {
    if (told.watts === undefined)
      throw new AdapterError('MALFORMED', `${this.#table.name} of ${this.sourceId} tells no power now`);
    const toldW = whole(told.watts);
    const { mostW, mostInW } = this.#config;
    if (absolute(toldW) > ABSURD * (mostW + mostInW))
      throw new AdapterError(
        'MALFORMED',
        `${this.sourceId} tells ${toldW} W, and can have ${mostW} W: are word order and scale of its table right?`,
      );
    return this.#table.positive === 'out' ? toldW : -toldW;
  }

  /** A meter’s connection has what is agreed while there is a voltage; the sun has what it gives; a battery what it says. */
  #availableW(told: Told<Names>, measuredW: bigint): bigint {
    const { mostW, outageBelowV } = this.#config;
    if (told.volts !== undefined && told.volts < BigInt(outageBelowV) * THOUSAND) return 0n;
    if (this.#table.role === 'inverter' && told.mostOutW === undefined)
      return measuredW > 0n ? least(measuredW, mostW) : 0n;
    return told.mostOutW === undefined ? mostW : least(mostW, absolute(whole(told.mostOutW)));
  }

  #store({ soc, capacityWh: toldWh }: Told<Names>): Store | undefined {
    if (this.#table.role !== 'battery') return undefined;
    const capacityWh = toldWh === undefined ? this.#config.capacityWh : whole(toldWh);
    if (capacityWh === undefined || capacityWh <= 0n)
      throw new AdapterError('MALFORMED', `${this.sourceId} tells no capacity: set capacityWh for it`);
    if (soc === undefined || soc < 0n || soc > HUNDRED_PER_CENT)
      throw new AdapterError('MALFORMED', `${this.sourceId} tells no state of charge from 0 to 100 %`);
    const { floorWh, essentialFloorWh } = this.#config;
    return {
      capacityWh,
      // Rounded down: a battery never has more than it says.
      storedWh: (capacityWh * soc) / HUNDRED_PER_CENT,
      floorWh,
      ...(essentialFloorWh === undefined ? {} : { essentialFloorWh }),
    };
  }

  /** When the values were last seen to move, where the device has a counter that tells. */
  #measuredAtMs(count: bigint | undefined, atMs: number): number {
    if (this.#table.beat === undefined) return atMs;
    if (count === undefined)
      throw new AdapterError('MALFORMED', `${this.sourceId} has no counter where its table says`);
    if (this.#beat?.count !== count) this.#beat = { count, sinceMs: atMs };
    return this.#beat.sinceMs;
  }

  #facts({ volts, mostInW }: Told<Names>): DeviceFacts {
    const fault = this.#setPoint?.fault;
    return {
      device: this.#table.name,
      ...(volts === undefined ? {} : { milliVolts: String(volts) }),
      ...(mostInW === undefined ? {} : { takesInMostW: String(absolute(whole(mostInW))) }),
      ...(fault === undefined ? {} : { setPoint: `not repeated: ${fault}` }),
    };
  }
}
