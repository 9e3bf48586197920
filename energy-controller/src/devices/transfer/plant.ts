import type { DeviceOrder, DeviceReading } from '@roamgrid/wire';
import { z } from 'zod';
import type { Plant } from '../link/serve-device.ts';

/** How long a contact of a contactor moves: an arc makes it open slowly, so that one ordered open with another closed would overlap. */
const MOVES_MS = { open: 60, closed: 30 } as const;
const NAMES = ['grid', 'battery', 'charger'] as const;
type Name = (typeof NAMES)[number];
type Position = DeviceReading<'transfer'>['grid'];

const name = z.enum(NAMES);
const action = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('power'), of: z.enum(['grid', 'battery']), is: z.boolean() }),
  /** A contact that stays where it is, or moves again. */
  z.strictObject({ do: z.literal('jam'), contact: name, is: z.boolean() }),
]);

interface Contact {
  is: Position;
  /** When it gets there. */
  moves: { readonly to: Position; readonly atMs: number } | undefined;
  isJammed: boolean;
}

/** What a contact did, for who wants to look whether two were closed at once. */
interface Moved {
  readonly atMs: number;
  readonly contact: Name;
  readonly to: Position;
}

/**
 * Three contacts with nothing mechanical between them: it closes whatever it is told to. What really happened is in its log, so that an
 * overlap would show. Without orders it opens all, and once they are open closes the grid's, as the firmware of such a switch does.
 */
export class TransferPlant implements Plant<'transfer'> {
  readonly kind = 'transfer';
  readonly hasPower = true;
  readonly #contacts: Readonly<Record<Name, Contact>> = {
    grid: { is: 'closed', moves: undefined, isJammed: false },
    battery: { is: 'open', moves: undefined, isJammed: false },
    charger: { is: 'open', moves: undefined, isJammed: false },
  };
  readonly #power = { grid: true, battery: false };
  readonly #log: Moved[] = [];
  #nowMs = 0;
  #isAlone = false;
  /** Instants at which two sources fed the house, or the car touched the grid while the house was an island. */
  #overlaps = 0;
  #charged = 0;

  advance(nowMs: number): void {
    for (;;) {
      const due = NAMES.map((contact) => ({ contact, moves: this.#contacts[contact].moves }))
        .flatMap(({ contact, moves }) =>
          moves !== undefined && moves.atMs <= nowMs ? [{ contact, ...moves }] : [],
        )
        .sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      this.#arrive(due.contact, due.to);
      if (this.#isAlone) this.#goHome();
    }
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }

  apply(order: DeviceOrder<'transfer'>): void {
    this.#isAlone = false;
    for (const contact of NAMES) this.#move(contact, order[contact]);
  }

  lapse(): void {
    this.#isAlone = true;
    this.#goHome();
  }

  read(): DeviceReading<'transfer'> {
    const { grid, battery, charger } = this.#contacts;
    return {
      ...{ grid: grid.is, battery: battery.is, charger: charger.is },
      ...{ hasGrid: this.#power.grid, hasBattery: this.#power.battery },
    };
  }

  act(given: unknown): void {
    const asked = action.parse(given);
    if (asked.do === 'power') {
      this.#power[asked.of] = asked.is;
      return;
    }
    const contact = this.#contacts[asked.contact];
    contact.isJammed = asked.is;
    if (asked.is) contact.moves = undefined;
  }

  world(): Readonly<Record<string, unknown>> {
    const { grid, battery, charger } = this.#contacts;
    return {
      ...{ grid: grid.is, battery: battery.is, charger: charger.is },
      ...{ overlaps: this.#overlaps, chargedInIsland: this.#charged, log: this.#log.slice(-20) },
    };
  }

  #goHome(): void {
    const { grid, battery, charger } = this.#contacts;
    this.#move('battery', 'open');
    this.#move('charger', 'open');
    if (battery.is === 'open' && battery.moves === undefined && charger.is === 'open' && grid.is === 'open')
      this.#move('grid', 'closed');
  }

  #move(name: Name, to: Position): void {
    const contact = this.#contacts[name];
    const target = contact.moves?.to ?? contact.is;
    if (target === to || contact.isJammed) return;
    contact.moves = contact.is === to ? undefined : { to, atMs: this.#nowMs + MOVES_MS[to] };
  }

  #arrive(name: Name, to: Position): void {
    const contact = this.#contacts[name];
    contact.is = to;
    contact.moves = undefined;
    this.#log.push({ atMs: this.#nowMs, contact: name, to });
    const { grid, battery, charger } = this.#contacts;
    if (grid.is === 'closed' && battery.is === 'closed') this.#overlaps += 1;
    if (charger.is === 'closed' && battery.is === 'closed') this.#charged += 1;
  }
}
