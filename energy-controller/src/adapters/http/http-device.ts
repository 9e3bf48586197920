import {
  chargeTerms,
  grantOrders,
  loadReport,
  signedEnergy,
  sourceOrder,
  sourceReport,
} from '@roamgrid/wire';
import { AdapterError, type LoadAdapter, type SourceAdapter } from '../adapter.ts';
import { callDevice, type HttpDevice } from './device-call.ts';

/** Something that gives power and tells of it over plain HTTP; `isTold` says that it takes orders. */
export const httpSource = (
  sourceId: string,
  device: HttpDevice,
  { isTold }: { readonly isTold: boolean },
): SourceAdapter => ({
  sourceId,
  async read(signal) {
    const report = await callDevice(device, '', { method: 'GET', answer: sourceReport }, signal);
    if (report.source.sourceId !== sourceId)
      throw new AdapterError('MALFORMED', `${device.url} is ${report.source.sourceId}, not ${sourceId}`);
    return report;
  },
  ...(isTold && {
    async setW(order, signal) {
      const body = sourceOrder.encode(order);
      await callDevice(device, '/order', { method: 'PUT', body }, signal);
    },
  }),
  energy: (fromMs, untilMs, signal) => {
    const path = `/energy?from=${fromMs}&to=${untilMs}`;
    return callDevice(device, path, { method: 'GET', answer: signedEnergy }, signal);
  },
  close: () => Promise.resolve(),
});

/** Something that takes power and is told over plain HTTP how much. */
export const httpLoad = (loadId: string, device: HttpDevice): LoadAdapter => ({
  loadId,
  read: (signal) => callDevice(device, '', { method: 'GET', answer: loadReport }, signal),
  async grant(orders, signal) {
    const body = grantOrders.encode({
      orders: orders.map(({ laneW, ...order }) => ({ ...order, laneW: [...laneW] })),
    });
    await callDevice(device, '/grants', { method: 'PUT', body }, signal);
  },
  inform: async (terms, signal) => {
    await callDevice(device, '/terms', { method: 'PUT', body: chargeTerms.encode(terms) }, signal);
  },
  async makeSafe(signal) {
    await callDevice(device, '/safe', { method: 'POST', body: {} }, signal);
  },
  close: () => Promise.resolve(),
});
