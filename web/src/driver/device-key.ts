import { textHash } from '../shared/hash.ts';
import { done } from '../shared/indexed.ts';
import type { DeviceKey } from './signed-quote.ts';

/** The key of this device, kept by the browser: scripts can use it and cannot read it. */

const DATABASE = 'roamgrid-device';
const STORE = 'keys';
const NAME = 'consent';

async function withStore<T>(
  mode: IDBTransactionMode,
  use: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(STORE);
  };
  const database = await done(opening);
  try {
    return await done(use(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

/** The key that this browser made before; undefined when it made none. */
export const findDeviceKey = (): Promise<DeviceKey | undefined> =>
  withStore('readonly', (store) => store.get(NAME) as IDBRequest<DeviceKey | undefined>);

/** The key of this device, made now when there is none. */
export async function deviceKey(): Promise<DeviceKey> {
  const known = await findDeviceKey();
  if (known !== undefined) return known;
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', publicKey);
  const kid = `device-${(await textHash(`${x}.${y}`)).slice(0, 16)}`;
  const made: DeviceKey = { kid, privateKey, publicJwk: { kty: 'EC', crv: 'P-256', x, y, kid } };
  await withStore('readwrite', (store) => store.put(made, NAME));
  return made;
}
