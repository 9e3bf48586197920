import type { LedgerChoice } from '@roamgrid/stories/system';
import { Option } from 'commander';

/** Flags of the commands that run on either ledger. */
export interface LedgerOptions {
  readonly ledger: 'embedded' | 'native';
  readonly orderer: 'raft' | 'bft';
}

export const ledgerOption = () =>
  new Option(
    '--ledger <kind>',
    'embedded development peer, or native: Fabric’s own binaries from FABRIC_BIN or PATH',
  )
    .choices(['embedded', 'native'])
    .default('embedded');

export const ordererOption = () =>
  new Option('--orderer <consensus>', 'ordering of the native ledger')
    .choices(['raft', 'bft'])
    .default('bft');

export const ledgerChoice = ({ ledger, orderer }: LedgerOptions): LedgerChoice =>
  ledger === 'embedded' ? { kind: 'embedded' } : { kind: 'native', orderer };
