import { conformanceSuite } from '../../conformance/suite.ts';
import { nativeLedger } from '../conformance/native-ledger.ts';

/** Raft unless ROAMGRID_ORDERER asks for BFT, which needs Fabric 3. */
const consensus = process.env['ROAMGRID_ORDERER'] === 'bft' ? 'bft' : 'raft';

conformanceSuite(`native Fabric, ${consensus}`, () => nativeLedger(consensus), 120_000);
