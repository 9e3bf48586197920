import type { siteBeside } from '@roamgrid/wire';
import type { z } from 'zod';
import { facts, h } from '../shared/dom.ts';
import { table } from '../shared/table.ts';
import { clock, kW, plain } from './words.ts';

/** What stands at a site beside what its controller runs: servers with their jobs, devices, and the cloud over its feed. */

export type Beside = z.input<typeof siteBeside>;

const card = (id: string, title: string, ...children: Node[]): HTMLElement =>
  h('section', { class: 'card', 'aria-labelledby': id }, h('h2', { id }, title), ...children);

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const outcomeOf = ({ result, why }: NonNullable<Beside['servers']>['jobs'][number]): string =>
  why ?? result ?? '–';

const servers = ({ reading, jobs }: NonNullable<Beside['servers']>): HTMLElement =>
  card(
    'card-servers',
    'Servers',
    facts([
      ['Cabinet', reading.cabinetId],
      ['State', plain(reading.state)],
      ['May take', kW(reading.grantedW)],
      ['Takes', kW(reading.measuredW)],
    ]),
    table(
      'Jobs on the servers',
      ['Job', 'Kind', 'State', 'Came of it', 'Processor time'],
      jobs.map((job) => [job.jobId, plain(job.kind), plain(job.state), outcomeOf(job), seconds(job.cpuMs)]),
      4,
    ),
  );

const devices = (all: NonNullable<Beside['devices']>): HTMLElement =>
  card(
    'card-devices',
    'Devices',
    table(
      'What moves something else than power',
      ['Device', 'State', 'Is', 'Last', 'Possible', 'Not told yet'],
      all.map(({ deviceId, state, says, isSafe, isReached, log, possible, untold }) => {
        const last = log.at(-1);
        return [
          deviceId,
          `${plain(state)}: ${says}`,
          `${isReached ? 'answers' : 'does not answer'}, ${isSafe ? 'safe' : 'at work'}`,
          last === undefined ? '–' : `${plain(last.event)} at ${clock(last.atMs)}`,
          possible.map(plain).join(', ') || 'nothing now',
          String(untold),
        ];
      }),
      5,
    ),
  );

const feed = ({ poolId, limitW, countedW, sites }: NonNullable<Beside['pool']>): HTMLElement =>
  card(
    'card-cloud',
    'Cloud over the feed',
    facts([
      ['Feed', poolId],
      ['Carries', kW(limitW)],
      ['All sites may take', kW(countedW)],
    ]),
    table(
      'Sites that share the feed',
      ['Site', 'Last heard', 'Without the cloud', 'Wants', 'Takes', 'May take'],
      sites.map((site) => [
        site.siteId,
        site.reportedAtMs === undefined ? 'never' : clock(site.reportedAtMs),
        ...[site.staticW, site.wantedW, site.measuredW, site.countedW].map(kW),
      ]),
      2,
    ),
  );

/** Cards of what is there. */
export const besideCards = (beside: Beside): readonly HTMLElement[] => [
  ...(beside.servers === undefined ? [] : [servers(beside.servers)]),
  ...(beside.devices === undefined ? [] : [devices(beside.devices)]),
  ...(beside.pool === undefined ? [] : [feed(beside.pool)]),
];
