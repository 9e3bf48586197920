import type { ChargingState } from '@roamgrid/domain/power';
import { claimOf, type Stage } from '@roamgrid/energy-controller/stage';
import { addsUp, flowsOf, loadOf, setAvailable, startStation, takenOf, type Flows } from './station.ts';

/** A station that shares 755 kW with servers, run by the controller as a service over served devices. Watts are decimal strings. */

/** What is taken and given at an instant, by the devices' own meters and by the controller's interface. */
export interface SharedReading extends Flows {
  readonly counted: string;
}

export interface SharingSeen {
  /** SITE-1: while cars and tasks come and go. */
  readonly sums: readonly SharedReading[];
  /** SITE-2 */
  readonly requests: readonly {
    readonly outcome: string;
    readonly watts: string;
    readonly residual: string;
  }[];
  readonly sumAfterOffer: string;
  readonly losers: readonly string[];
  readonly refusedMode: number;
  /** SITE-3 */
  readonly fast: readonly { readonly state: string; readonly car: string; readonly servers: string }[];
  readonly regular: { readonly car: string; readonly servers: string };
  /** SITE-4: under each policy, in the middle of a fast charge, and with what is urgent. */
  readonly priorities: readonly {
    readonly policy: string;
    readonly urgent: string;
    readonly car: string;
    readonly servers: string;
  }[];
}

const STATES: readonly ChargingState[] = ['starting', 'in-progress', 'finishing'];
const CASES = [
  ['site-vehicles-first', 'nothing'],
  ['site-vehicles-first', 'high task'],
  ['site-vehicles-first', 'urgent charge'],
  ['site-vehicles-first', 'urgent task'],
  ['site-vehicles-first-sharing', 'nothing'],
  ['site-servers-first', 'nothing'],
] as const;

class Sharing {
  readonly #stage: Stage;
  #changes = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  asks(loadId: 'outlet' | 'servers', maxW: bigint, more: Parameters<typeof claimOf>[3] = {}): void {
    const own = loadId === 'outlet' ? {} : { kind: 'compute' as const, standbyW: 20n, criticalW: 5_000n };
    loadOf(this.#stage, loadId).claims =
      maxW === 0n ? [] : [claimOf(`${loadId}-claim`, loadId, maxW, { ...own, ...more })];
  }

  async setPolicy(policyId: string): Promise<void> {
    const { settings } = await this.#stage.view();
    this.#changes += 1;
    await this.#stage.change(`policy-${this.#changes}`, { fromVersion: settings.version, policyId });
  }

  async reading(): Promise<SharedReading> {
    const { countedW } = await this.#stage.view();
    return { ...flowsOf(this.#stage), counted: countedW.toString() };
  }

  async sums(): Promise<readonly SharedReading[]> {
    const readings: SharedReading[] = [];
    for (let step = 0; step < 12; step += 1) {
      this.asks('outlet', BigInt((step * 123_457) % 800_000), {
        urgency: step % 3 === 0 ? 'urgent' : 'ordinary',
      });
      this.asks('servers', BigInt((step * 345_679) % 800_000));
      await this.#stage.step();
      readings.push(await this.reading());
    }
    return readings;
  }

  async requests(): Promise<Pick<SharingSeen, 'requests' | 'sumAfterOffer' | 'losers' | 'refusedMode'>> {
    const stage = this.#stage;
    this.asks('outlet', 0n);
    this.asks('servers', 635_000n);
    await stage.step();
    const bodyOf = (nodeId: string, watts: bigint, more: object = {}) => ({
      loadId: nodeId,
      claim: {
        ...{ kind: nodeId === 'servers' ? 'compute' : 'charge', nodeId, minW: '1', maxW: watts.toString() },
        ...more,
      },
    });
    const compute = await stage.request('compute-90', bodyOf('servers', 90_000n));
    const charge = await stage.request('charge-60', bodyOf('outlet', 60_000n));
    await stage.ask('POST', '/operator/v1/sites/s1/requests/charge-60/answer', { accept: true });
    await stage.step();
    const sumAfterOffer = (await stage.view()).grantedW.toString();
    const urgent = await stage.request('urgent-60', bodyOf('outlet', 60_000n, { urgency: 'urgent' }));
    await stage.step();
    const more = await stage.request('more-200', bodyOf('outlet', 200_000n));
    const wrong = await stage.ask(
      ...(['PUT', '/operator/v1/sites/s1/requests/wrong-13'] as const),
      bodyOf('outlet', 13_000n, { mode: 'residential' }),
    );
    for (const id of ['compute-90', 'charge-60', 'urgent-60'])
      await stage.ask('DELETE', `/operator/v1/sites/s1/requests/${id}`);
    return {
      requests: [compute, charge, urgent, more].map(({ outcome, watts, residualW }) => ({
        ...{ outcome, watts: watts.toString(), residual: residualW.toString() },
      })),
      sumAfterOffer,
      losers: urgent.losers.map(({ claimId }) => claimId).sort(),
      refusedMode: wrong.status,
    };
  }

  async split(): Promise<{ readonly car: string; readonly servers: string }> {
    await this.#stage.step();
    const { outlet, servers } = await this.reading();
    return { car: outlet, servers };
  }

  async modes(): Promise<Pick<SharingSeen, 'fast' | 'regular'>> {
    await this.setPolicy('site-vehicles-first-sharing');
    this.asks('servers', 800_000n);
    const fast: SharingSeen['fast'][number][] = [];
    for (const state of STATES) {
      this.asks('outlet', 800_000n, { mode: 'fast', state });
      fast.push({ state, ...(await this.split()) });
    }
    // With 155 kW of sun and 100 of the battery: 405 kW.
    setAvailable(this.#stage, 'grid', 150_000n);
    this.asks('outlet', 350_000n, { mode: 'regular', state: 'in-progress' });
    const regular = await this.split();
    setAvailable(this.#stage, 'grid', 500_000n);
    return { fast, regular };
  }

  async priorities(): Promise<SharingSeen['priorities']> {
    const seen: SharingSeen['priorities'][number][] = [];
    for (const [policy, urgent] of CASES) {
      await this.setPolicy(policy);
      const ofTask = urgent === 'high task' ? 'high' : urgent === 'urgent task' ? 'urgent' : 'ordinary';
      this.asks('servers', 200_000n, { urgency: ofTask });
      const ofCar = urgent === 'urgent charge' ? 'urgent' : 'ordinary';
      this.asks('outlet', 800_000n, { mode: 'fast', state: 'in-progress', urgency: ofCar });
      seen.push({ policy, urgent, ...(await this.split()) });
    }
    return seen;
  }
}

/** Lives SITE-1 to SITE-4 through at one site. */
export const liveSharing = async (folder: string): Promise<SharingSeen> => {
  const stage = await startStation(folder);
  try {
    const sharing = new Sharing(stage);
    const sums = await sharing.sums();
    const requests = await sharing.requests();
    const modes = await sharing.modes();
    return { sums, ...requests, ...modes, priorities: await sharing.priorities() };
  } finally {
    await stage.close();
  }
};

const isOf = (value: unknown, expected: unknown): boolean =>
  JSON.stringify(value) === JSON.stringify(expected);

const HAS = { grid: 500_000n, sun: 155_000n, battery: 100_000n };

/** SITE-1: each instant adds up, of each source no more than it has, and what is counted is what is taken. */
export const isSite1 = ({ sums }: Pick<SharingSeen, 'sums'>): boolean =>
  sums.length === 12 &&
  sums.every((reading) => addsUp(reading, HAS) && BigInt(reading.counted) === takenOf(reading));

/** SITE-2: granted of 120 kW, offered in part, room made, denied with what is left. */
export const isSite2 = (seen: SharingSeen): boolean =>
  isOf(seen.requests, [
    { outcome: 'granted', watts: '90000', residual: '120000' },
    { outcome: 'partial', watts: '30000', residual: '30000' },
    { outcome: 'room-made', watts: '60000', residual: '0' },
    { outcome: 'denied', watts: '0', residual: '0' },
  ]) &&
  seen.sumAfterOffer === '755000' &&
  seen.losers.length > 0 &&
  seen.losers.every((claimId) => ['charge-60', 'compute-90', 'servers-claim'].includes(claimId)) &&
  seen.refusedMode === 422;

/** SITE-3: what the modes and their states take, and what the servers keep. */
export const isSite3 = ({ fast, regular }: Pick<SharingSeen, 'fast' | 'regular'>): boolean =>
  isOf(fast, [
    { state: 'starting', car: '20000', servers: '735000' },
    { state: 'in-progress', car: '650000', servers: '105000' },
    { state: 'finishing', car: '20000', servers: '735000' },
  ]) && isOf(regular, { car: '350000', servers: '55000' });

/** SITE-4: who comes first, both ways. */
export const isSite4 = ({ priorities }: Pick<SharingSeen, 'priorities'>): boolean =>
  isOf(
    priorities.map(({ policy, urgent, car, servers }) => [policy, urgent, car, servers]),
    [
      ['site-vehicles-first', 'nothing', '650000', '20'],
      ['site-vehicles-first', 'high task', '99999', '200000'],
      ['site-vehicles-first', 'urgent charge', '650000', '5000'],
      ['site-vehicles-first', 'urgent task', '99999', '200000'],
      ['site-vehicles-first-sharing', 'nothing', '650000', '105000'],
      ['site-servers-first', 'nothing', '555000', '200000'],
    ],
  );
