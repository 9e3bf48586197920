import { by } from '../testing/parties.ts';
import { tamperAt, tampering } from '../testing/tampering.ts';
import type { Removal } from './removal.ts';
import type { GuardTest, Place } from './world.ts';

/** What a member could write, or write anew, of tampering with a site. */

const FILE = 'chaincode/src/grid/transactions/record-tampering.ts';
const event = ({ group }: Place) => tamperAt(group, 10);
const tellingAt = (place: Place, id: string, over: Parameters<typeof tamperAt>[2] = {}) =>
  tampering(`${id}-${place.group}`, [{ ...event(place), ...over }], place.site.stationId);

export const tamperingGuards: readonly GuardTest[] = [
  {
    id: 'tamper-foreign',
    title: 'a member tells of tampering at its own sites alone',
    run: async (world) => {
      const place = await world.place();
      await world.refuses({ ...tellingAt(place, 't'), caller: by('USALP', 'aaa') }, 'FORBIDDEN');
    },
  },
  {
    id: 'tamper-once',
    title: 'what was told of tampering is not told otherwise later',
    run: async (world) => {
      const place = await world.place();
      await world.tell(tellingAt(place, 't'));
      await world.refuses(tellingAt(place, 'u', { deviceId: 'gate-2' }), 'CONFLICT');
    },
  },
  {
    id: 'tamper-early',
    title: 'tampering is recorded once it has happened',
    run: async (world) => {
      const place = await world.place();
      await world.refuses(tellingAt(place, 't', { atMs: event(place).atMs + 3_600_000 }), 'CLOCK_SKEW');
    },
  },
];

export const tamperingRemovals: readonly Removal[] = [
  {
    guard: 'tamper-foreign',
    file: FILE,
    find: "requireMember(tx.caller, utility, ['station', 'aaa']);",
    replace: 'void requireMember;',
  },
  {
    guard: 'tamper-once',
    file: FILE,
    find: 'told === canonicalText(tamperEvent, event),',
    replace: 'true,',
  },
  { guard: 'tamper-early', file: FILE, find: "tx.notInFuture(atMs, 'an event');", replace: '' },
];
