import type { CborValue } from '../cbor/cbor.ts';

/** What a phone wants of a charger in one contact. */
export type Command =
  | { readonly kind: 'start'; readonly energyWh: bigint }
  | { readonly kind: 'stop' }
  | { readonly kind: 'collect' };

const KINDS = ['start', 'stop', 'collect'] as const;

export const encodeCommand = (command: Command): CborValue =>
  command.kind === 'start' ? [command.kind, command.energyWh] : [command.kind];

export const readCommand = (value: CborValue | undefined): Command | undefined => {
  if (!Array.isArray(value)) return undefined;
  const [word, asked, ...more] = value as readonly CborValue[];
  const kind = KINDS.find((one) => one === word);
  if (kind === undefined || more.length > 0) return undefined;
  if (kind !== 'start') return asked === undefined ? { kind } : undefined;
  return typeof asked === 'number' && Number.isSafeInteger(asked) && asked > 0
    ? { kind, energyWh: BigInt(asked) }
    : undefined;
};
