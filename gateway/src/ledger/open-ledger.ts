import { GatewayLedger, type LedgerConfig } from './gateway-ledger.ts';
import type { Ledger } from './ledger.ts';

/** The connection that the configuration asks for. */
export const openLedger = (config: LedgerConfig): Ledger => {
  switch (config.kind) {
    case 'gateway':
      return new GatewayLedger(config);
    case 'legacy':
      throw new Error('peers older than 2.4 are not supported yet: set ledger.kind to "gateway"');
  }
};
