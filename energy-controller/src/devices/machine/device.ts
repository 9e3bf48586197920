import type { DeviceKind, DeviceOrder, DeviceReading } from '@roamgrid/wire';
import type { z } from 'zod';
import type { Instance } from './step.ts';
import type { CommonEvent, MachineEvent, Table } from './table.ts';

/** A kind of device: its table, and how what its sensors say becomes events of that table. */
export interface Device<
  Kind extends DeviceKind,
  State extends string,
  Event extends MachineEvent,
  Memory,
  Plain,
> {
  readonly kind: Kind;
  readonly table: Table<State, Event | CommonEvent, Memory, Plain>;
  /** For what a journal holds. */
  readonly memory: z.ZodType<Memory>;
  /** Requests that an operator may make; others come with a proof of who makes them. */
  readonly operatorRequests: readonly Event['type'][];
  /** Events that the station beside the device may tell. */
  readonly stationRequests: readonly Event['type'][];
  /** So long an order holds, ms: a device that hears nothing for longer falls back to what is safe. */
  readonly leaseMs: number;
  /** The next event that a reading tells and the machine does not know yet; asked again after each step. */
  perceive(instance: Instance<State, Memory>, reading: DeviceReading<Kind>): Event | undefined;
  /** The table's order with what must not repeat: challenges and proofs. */
  dress(plain: Plain, instance: Instance<State, Memory>): DeviceOrder<Kind>;
  /** A request as the table has it, from its name and what it is about. */
  requestOf(type: string, id?: string): Event | undefined;
  /** What the sensors say, for people. */
  facts(reading: DeviceReading<Kind>): Readonly<Record<string, string>>;
}
