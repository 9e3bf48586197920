import { ServiceError } from '@roamgrid/service-kit';
import { energySignal, toldSignal, type EnergySignal } from '@roamgrid/wire';
import type { SignalBook } from '../../signals/signal-book.ts';
import type { CoapAnswer } from './answers.ts';
import type { EmapPeer } from './proof.ts';

/** Resources and the signals that they are of. Spec: ISO/IEC 15067-3-31 has price, demand response and DER; the names are ours. */
export const RESOURCES = {
  price: 'price',
  dr: 'dr-event',
  demand: 'grid-demand',
  temperature: 'temperature',
} as const;
export type ResourceName = keyof typeof RESOURCES;

export interface EmapHouse {
  readonly book: SignalBook;
  /** What can give and take energy there, in wire form. */
  readonly der: () => object;
  readonly nowMs: () => number;
}

export const isResource = (name: string): name is ResourceName => Object.hasOwn(RESOURCES, name);

/** Spec: RFC 6690. */
export const linkFormat = (): string =>
  [...Object.keys(RESOURCES), 'der']
    .map((name) => `</emap/${name}>;rt="roamgrid.emap.${name}";obs`)
    .join(',');

const signalsOf = ({ book, nowMs }: EmapHouse, kind: EnergySignal['kind']): readonly EnergySignal[] =>
  book.all(nowMs()).filter((signal) => signal.kind === kind);

export const readResource = (house: EmapHouse, name: ResourceName | 'der'): CoapAnswer => ({
  code: '2.05',
  body:
    name === 'der'
      ? house.der()
      : { signals: signalsOf(house, RESOURCES[name]).map((signal) => energySignal.encode(signal)) },
});

/** Puts a signal under the name of the peer. */
export const tellResource = async (
  { book }: EmapHouse,
  name: ResourceName,
  signalId: string,
  { peerId }: EmapPeer,
  body: Uint8Array,
): Promise<CoapAnswer> => {
  const refused = (error: string): CoapAnswer => ({ code: '4.00', body: { error } });
  let sent: unknown;
  try {
    sent = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return refused('the body is no JSON in UTF-8');
  }
  const told = toldSignal.safeParse({ ...(sent as object), kind: RESOURCES[name] });
  if (!told.success) return refused(told.error.issues[0]?.message ?? 'the body does not match its schema');
  const signal = energySignal.safeParse(
    energySignal.encode({ ...told.data, signalId, by: `emap.${peerId}` }),
  );
  if (!signal.success) return refused('the id of a signal has 1–64 letters, digits, . _ -');
  try {
    return { code: '2.04', body: { outcome: await book.put(signal.data) } };
  } catch (thrown) {
    if (thrown instanceof ServiceError) return { code: '4.09', body: { error: thrown.message } };
    throw thrown;
  }
};
