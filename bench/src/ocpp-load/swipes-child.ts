/** Swipes as the own station agent makes them, in a process of their own. */
import { randomUUID, generateKeyPairSync } from 'node:crypto';
import { GatewayClient } from '@roamgrid/station-kit';
import { atPace, serve, type RunOrder, type SwipesOrder } from './order.ts';

let client: GatewayClient | undefined;

serve({
  connect: ({ gatewayUrl }: SwipesOrder) => {
    const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    client = new GatewayClient(gatewayUrl, { stationId: 'own', utilityId: 'USDUK', keyId: 'k1', key });
    return Promise.resolve(1);
  },
  swipe: (order: RunOrder) =>
    atPace(order, async () => {
      const answer = await client?.swipe({
        swipeId: randomUUID(),
        evseId: 'US*DUK*E1*1',
        ...{ cin: 'NLTNMCE0012204B', method: 'card', requestedEnergyWh: 10_000n, plannedMs: 3_600_000 },
      });
      if (answer?.outcome !== 'offer') throw new Error('not offered');
    }),
});
