import { embeddedLedger } from './embedded-ledger.ts';
import { conformanceSuite } from './suite.ts';

conformanceSuite('embedded peer', embeddedLedger);
