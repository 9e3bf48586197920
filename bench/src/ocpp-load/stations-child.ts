/** Simulated stations in a process of their own. */
import { makeCin, unwrap } from '@roamgrid/domain';
import { SimulatedStation } from '@roamgrid/ocpp';
import { atPace, serve, type RunOrder, type StationsOrder } from './order.ts';

const PROTOCOLS = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] as const;
/** Stations that come in at once; more than these would wait for one another all the same. */
const AT_ONCE = 20;
let stations: readonly SimulatedStation[] = [];
let asked = 0;

serve({
  connect: async ({ url, password, stationIds }: StationsOrder) => {
    stations = stationIds.map((stationId, at) => {
      const protocol = PROTOCOLS[at % PROTOCOLS.length] ?? 'ocpp2.0.1';
      return new SimulatedStation({ url, stationId, protocol, password, pingMs: 600_000 });
    });
    for (let at = 0; at < stations.length; at += AT_ONCE)
      await Promise.all(stations.slice(at, at + AT_ONCE).map((station) => station.switchOn()));
    return stations.length;
  },
  authorize: (order: RunOrder) =>
    atPace(order, async () => {
      asked += 1;
      const station = stations[asked % stations.length];
      // Each time another card.
      const customer = asked.toString().padStart(7, '0');
      const idToken = unwrap(makeCin({ country: 'NL', party: 'TNM', service: 'E', customer }));
      const answer = await station?.authorize({ idToken, type: 'eMAID' });
      if (answer?.isAccepted !== true) throw new Error('not accepted');
    }),
});
