import { isWhole, itemsOf, type CborValue } from '../cbor/cbor.ts';

/** What a phone wants of a charger in one contact. */
export type Command =
  | { readonly kind: 'start'; readonly energyWh: bigint }
  | { readonly kind: 'stop' }
  | { readonly kind: 'collect' };

const KINDS = ['start', 'stop', 'collect'] as const;

export const encodeCommand = (command: Command): CborValue =>
  command.kind === 'start' ? [command.kind, command.energyWh] : [command.kind];

export const readCommand = (value: CborValue | undefined): Command | undefined => {
  const [word, asked, ...more] = itemsOf(value);
  const kind = KINDS.find((one) => one === word);
  if (kind === undefined || more.length > 0) return undefined;
  if (kind !== 'start') return asked === undefined ? { kind } : undefined;
  return isWhole(asked, 1) ? { kind, energyWh: BigInt(asked) } : undefined;
};
