import { ChargerClock } from '../charger/charger-clock.ts';
import type { OfflineChargerOptions } from '../charger/charger-options.ts';
import { OfflineCharger } from '../charger/offline-charger.ts';
import type { EndReason, OutletPort } from '../charger/outlet-port.ts';
import { besideSealed, openRecord } from '../charger/carried-record.ts';
import type { OfflineRecord } from '../charger/record.ts';
import type { Operator } from '../charger/utility-words.ts';
import type { Command } from '../handshake/command.ts';
import { BEARER } from '../link/frames.ts';
import { Link } from '../link/link.ts';
import { Contact, type Carried, type CarriedRecord, type ContactError } from '../phone/contact.ts';
import { NODE_SUITE } from '../suite/node-suite.ts';
import type { Agreement } from '../suite/suite.ts';
import { issueChargeToken } from '../token/charge-token.ts';
import { signIssuerList } from '../token/issuer-list.ts';
import type { Result } from '@roamgrid/domain';
import { seededChance } from '@roamgrid/domain/chance';
import { Air, SimulatedTime, type AirOptions } from './air.ts';
import { charger as identityOf, EVSE_ID, HOME, MEMBERS, NOW_S, PHONE, TOKEN, VISITED } from './consortium.ts';
import { CutFlash, Power } from './cut-flash.ts';
import { SimulatedOutlet } from './simulated-outlet.ts';

const PACE = { againMs: 60, tries: 40 };

/** The outlet of a charger each time that power comes: it has the charger's clock, and says when it ended a session by itself. */
export type OutletMaker = (clock: ChargerClock, ended: (reason: EndReason) => void) => OutletPort;

/** A car park without network: a charger that power leaves and comes back to, and phones that come and go. */
export class Park {
  readonly time: SimulatedTime;
  /** Where nobody made another. */
  readonly outlet = new SimulatedOutlet();
  readonly power = new Power();
  readonly flash = {
    memory: new CutFlash(this.power),
    spent: new CutFlash(this.power),
    vault: new CutFlash(this.power),
    readings: new CutFlash(this.power),
  };
  /** Says what time it is after a cut; undefined when it has no battery. */
  batteryS: number | undefined = NOW_S;
  #reader: Agreement | undefined;
  #charger: OfflineCharger | undefined;
  #startedMs = 0;
  /** Of the last contact. */
  sentBytes = 0;
  /** Where phones bring firmware to it. */
  firmware: OfflineChargerOptions['firmware'];
  readonly capacity: number;
  readonly #makeOutlet: OutletMaker;

  constructor(capacity = 200, time = new SimulatedTime(), makeOutlet?: OutletMaker) {
    this.capacity = capacity;
    this.time = time;
    this.#makeOutlet = makeOutlet ?? (() => this.outlet);
  }

  get charger(): OfflineCharger {
    if (this.#charger === undefined) throw new Error('it has no power');
    return this.#charger;
  }

  /** Power comes (back), for so many written bytes. */
  async start(power = new Power()): Promise<void> {
    this.#charger = undefined;
    this.#startedMs = this.time.nowMs;
    for (const flash of Object.values(this.flash)) flash.power = power;
    const { batteryS, flash, capacity } = this;
    const clock = new ChargerClock(() => Math.floor(this.time.nowMs - this.#startedMs), batteryS);
    const outlet = this.#makeOutlet(clock, (reason) => void this.#charger?.end(reason));
    this.#charger = await OfflineCharger.start({
      ...{ ...(await this.setUp()), clock, outlet, flash, capacity },
      ...(this.firmware && { firmware: this.firmware }),
    });
  }

  /** What whoever sets up a charger here gives it. */
  async setUp() {
    const reader = (this.#reader ??= await NODE_SUITE.newAgreement());
    const { kid, key } = VISITED;
    const operator: Operator = { kid, key, readerPoint: reader.point };
    const [identity, firstIssuers] = [await identityOf(), await signIssuerList(MEMBERS, VISITED.signer)];
    return { suite: NODE_SUITE, identity, groupIds: ['CITY-HALL'], operator, firstIssuers };
  }

  /** The utility, which reads what is sealed for it. */
  get reader(): Agreement {
    if (this.#reader === undefined) throw new Error('nobody has set up a charger');
    return this.#reader;
  }

  /** What stands beside something that was sealed here. */
  beside(what: number | string): Uint8Array {
    return besideSealed(EVSE_ID, what);
  }

  /** A charger that was set up elsewhere stands here now. */
  adopt(charger: OfflineCharger): void {
    this.#charger = charger;
  }

  async carried(changes: Partial<Carried> = {}): Promise<Carried> {
    const token = changes.token ?? (await issueChargeToken(TOKEN, HOME.signer));
    return {
      suite: NODE_SUITE,
      token,
      holder: PHONE.signer,
      members: MEMBERS,
      nowS: NOW_S,
      evseId: EVSE_ID,
      ...changes,
    };
  }

  /** A phone is held to the charger; what it does there is up to `then`. Fails when it is taken away before. */
  meet<T>(
    carried: Carried,
    command: Command,
    then: (contact: Contact) => Promise<T>,
    air: Partial<AirOptions> = {},
    seed = 1,
  ): Promise<Result<T, ContactError>> {
    const way = new Air({
      time: this.time,
      frameBytes: BEARER.gattUsual,
      chance: seededChance(seed),
      ...air,
    });
    const [near, far] = [
      new Link(way.side(0), this.time.after, PACE),
      new Link(way.side(1), this.time.after, PACE),
    ];
    // When power goes, whoever stands there notices nothing but silence.
    const serving = this.charger.serve(far).catch(() => {
      way.cut();
    });
    const talking = (async (): Promise<Result<T, ContactError>> => {
      try {
        const begun = await Contact.begin(near, carried, command);
        return begun.ok ? { ok: true, value: await then(begun.value) } : begun;
      } finally {
        near.close();
        way.cut();
        this.sentBytes = way.sent.reduce((sum, { length }) => sum + length, 0);
      }
    })();
    return this.time.until(Promise.all([talking, serving]).then(([result]) => result));
  }

  /** Reads a record as the utility does. */
  async read({ number, bytes }: CarriedRecord): Promise<OfflineRecord | undefined> {
    return openRecord(NODE_SUITE, this.reader, { evseId: EVSE_ID, number, bytes });
  }
}
