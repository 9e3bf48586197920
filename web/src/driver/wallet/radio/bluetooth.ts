import { BEARER, type Bearer } from '@roamgrid/offline';
import type { Radio } from './radio.ts';

/**
 * Bluetooth Low Energy where the browser has it. A charger shows one service with two characteristics: the phone writes frames to the one, the charger
 * notifies it of frames by the other. A page is not told how long frames may be, so they are as short as they always may be. Spec: W3C Web
 * Bluetooth (community draft).
 */

const SERVICE = '5e1a0001-7c3b-4f0e-9d5a-2f6b8c1d4e70';
const TO_CHARGER = '5e1a0002-7c3b-4f0e-9d5a-2f6b8c1d4e70';
const TO_PHONE = '5e1a0003-7c3b-4f0e-9d5a-2f6b8c1d4e70';

/** What of the interface is used here; browsers' libraries of types have none of it. */
export interface Characteristic extends EventTarget {
  readonly value?: DataView;
  startNotifications(): Promise<unknown>;
  writeValueWithoutResponse(frame: Uint8Array): Promise<void>;
}
interface Gatt {
  connect(): Promise<{
    getPrimaryService(
      service: string,
    ): Promise<{ getCharacteristic(characteristic: string): Promise<Characteristic> }>;
  }>;
  disconnect(): void;
}
interface Device extends EventTarget {
  readonly gatt: Gatt;
}
interface Bluetooth {
  requestDevice(wish: {
    readonly filters: readonly { readonly services: readonly string[] }[];
  }): Promise<Device>;
}

/** Frames over the two characteristics. Writes follow each other: a browser takes one at a time. */
export const gattBearer = (
  device: EventTarget,
  toCharger: Pick<Characteristic, 'writeValueWithoutResponse'>,
  toPhone: Characteristic,
): Bearer => {
  let turn: Promise<unknown> = Promise.resolve();
  return {
    frameBytes: BEARER.gattLeast,
    send: (frame) => {
      // A frame that gets lost is sent again by the link; a connection that broke says so by itself.
      turn = turn
        .then(() => toCharger.writeValueWithoutResponse(Uint8Array.from(frame)))
        .catch(() => undefined);
    },
    onFrame: (take) => {
      toPhone.addEventListener('characteristicvaluechanged', () => {
        const { value } = toPhone;
        if (value === undefined) return;
        take(new Uint8Array(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength)));
      });
    },
    onCut: (end) => {
      device.addEventListener('gattserverdisconnected', end);
    },
  };
};

/** Undefined where the browser has no Bluetooth for pages. The browser asks the driver which charger it is. */
export const bluetoothRadio = (): Radio | undefined => {
  const { bluetooth } = navigator as { readonly bluetooth?: Bluetooth };
  if (bluetooth === undefined) return undefined;
  return {
    kind: 'bluetooth',
    async meet() {
      const device = await bluetooth.requestDevice({ filters: [{ services: [SERVICE] }] });
      const { gatt } = device;
      const service = await (await gatt.connect()).getPrimaryService(SERVICE);
      const toCharger = await service.getCharacteristic(TO_CHARGER);
      const toPhone = await service.getCharacteristic(TO_PHONE);
      const bearer = gattBearer(device, toCharger, toPhone);
      await toPhone.startNotifications();
      return {
        bearer,
        leave: () => {
          gatt.disconnect();
        },
      };
    },
  };
};
