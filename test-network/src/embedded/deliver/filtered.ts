/** Filtered blocks: ids, codes and event names without payloads. Spec: Fabric `core/peer/deliverevents.go`. */
import { common, peer } from '@hyperledger/fabric-protos';
import type { CommittedBlock } from '../ledger/ledger.ts';

type HeaderType = common.HeaderTypeMap[keyof common.HeaderTypeMap];
type Code = peer.TxValidationCodeMap[keyof peer.TxValidationCodeMap];

export function filteredBlock({ number, transactions, flags }: CommittedBlock): peer.FilteredBlock {
  const filtered = new peer.FilteredBlock();
  filtered.setNumber(number);
  for (const [tx, parsed] of transactions.entries()) {
    filtered.setChannelId(parsed.channelId);
    const transaction = new peer.FilteredTransaction();
    transaction.setTxid(parsed.txId);
    transaction.setType(parsed.type as HeaderType);
    transaction.setTxValidationCode((flags[tx] ?? peer.TxValidationCode.NOT_VALIDATED) as Code);
    if (parsed.type === common.HeaderType.ENDORSER_TRANSACTION) {
      const actions = new peer.FilteredTransactionActions();
      const event = parsed.action?.event;
      if (event !== undefined) {
        const summary = new peer.ChaincodeEvent();
        summary.setTxId(event.getTxId());
        summary.setChaincodeId(event.getChaincodeId());
        summary.setEventName(event.getEventName());
        const action = new peer.FilteredChaincodeAction();
        action.setChaincodeEvent(summary);
        actions.addChaincodeActions(action);
      }
      transaction.setTransactionActions(actions);
    }
    filtered.addFilteredTransactions(transaction);
  }
  return filtered;
}
