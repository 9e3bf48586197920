import {
  reply,
  route,
  ServiceError,
  sharedSecretAuth,
  withKitProblems,
  type Route,
} from '@roamgrid/service-kit';
import {
  deviceList,
  deviceName,
  deviceRequest,
  deviceView,
  type DeviceRequest,
  type DeviceView,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { AnyDriver, Asker } from '../driver.ts';

export const deviceProblems = withKitProblems({
  DEVICE_UNKNOWN: { status: 404, title: 'There is no such device', remedy: 'See GET /devices.' },
  NOT_POSSIBLE_NOW: {
    status: 409,
    title: 'The device cannot do this in its state',
    remedy: 'Ask one of the requests that are possible.',
  },
  CONDITION_NOT_MET: {
    status: 409,
    title: 'A condition of the request does not hold',
    remedy: 'See to the condition, then ask again.',
  },
});

export interface DeviceDoor {
  readonly drivers: ReadonlyMap<string, AnyDriver>;
  readonly operatorTokens: readonly string[];
  readonly stationTokens: readonly string[];
  readonly nowMs: () => number;
}

const params = z.strictObject({ deviceId: deviceName });

/** What operators see of devices and ask of them, and what stations tell. */
export const deviceRoutes = ({
  drivers,
  operatorTokens,
  stationTokens,
  nowMs,
}: DeviceDoor): readonly Route[] => {
  const driverOf = (deviceId: string): AnyDriver => {
    const driver = drivers.get(deviceId);
    if (driver === undefined) throw new ServiceError('DEVICE_UNKNOWN', `there is no device ${deviceId}`);
    return driver;
  };
  const ask = async (deviceId: string, request: DeviceRequest, by: Asker): Promise<DeviceView> => {
    const driver = driverOf(deviceId);
    const asked = await driver.ask(request, nowMs(), by);
    if (!asked.ok) throw new ServiceError(asked.refusal.code, asked.refusal.message);
    return driver.view();
  };
  const operator = sharedSecretAuth(operatorTokens, 'operator');
  const station = sharedSecretAuth(stationTokens, 'station');
  const refusals = ['DEVICE_UNKNOWN', 'NOT_POSSIBLE_NOW', 'CONDITION_NOT_MET'];
  return [
    route({
      method: 'get',
      path: '/devices',
      summary: 'All devices of the site, with what each does and why',
      auth: operator,
      answers: { 200: deviceList },
      handler: () =>
        Promise.resolve(reply(200, { devices: [...drivers.values()].map((driver) => driver.view()) })),
    }),
    route({
      method: 'get',
      path: '/devices/{deviceId}',
      summary: 'One device',
      auth: operator,
      params,
      answers: { 200: deviceView },
      problems: ['DEVICE_UNKNOWN'],
      handler: ({ params: { deviceId } }) => Promise.resolve(reply(200, driverOf(deviceId).view())),
    }),
    route({
      method: 'post',
      path: '/devices/{deviceId}/requests',
      summary: 'Ask something of a device; asked again while it is done, it changes nothing',
      auth: operator,
      params,
      body: deviceRequest,
      answers: { 200: deviceView },
      problems: refusals,
      handler: async ({ params: { deviceId }, body }) => reply(200, await ask(deviceId, body, 'operator')),
    }),
    route({
      method: 'post',
      path: '/devices/{deviceId}/station-requests',
      summary: 'A station tells the device beside it what became of its driver',
      auth: station,
      params,
      body: deviceRequest,
      answers: { 204: null },
      problems: refusals,
      handler: async ({ params: { deviceId }, body }) => {
        await ask(deviceId, body, 'station');
        return reply(204);
      },
    }),
  ];
};
