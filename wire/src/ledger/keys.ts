/**
 * Public state keys, one function a record type, so that contracts and readers cannot disagree.
 * Parts never contain `:` except EVSE-free ids checked by their schemas; ranges end at `;` (the character after `:`).
 */
export const stateKey = {
  utility: (utilityId: string) => `utility:${utilityId}`,
  station: (utilityId: string, stationId: string) => `station:${utilityId}:${stationId}`,
  agreement: (agreementId: string) => `agreement:${agreementId}`,
  tariff: (tariffId: string, version: number) => `tariff:${tariffId}:${version.toString().padStart(8, '0')}`,
  tariffByUtility: (utilityId: string, tariffId: string, version: number) =>
    `tariffOf:${utilityId}:${tariffId}:${version.toString().padStart(8, '0')}`,
  tariffBinding: (agreementId: string, tariffId: string, version: number) =>
    `binding:${agreementId}:${tariffId}:${version.toString().padStart(8, '0')}`,
  priceCourse: (agreementId: string, utilityId: string) => `priceCourse:${agreementId}:${utilityId}`,
  demandChunk: (utilityId: string, areaId: string, firstAtMs: number) =>
    `demand:${utilityId}:${areaId}:${firstAtMs.toString().padStart(14, '0')}`,
  socChunk: (utilityId: string, stationId: string, commandId: string) =>
    `soc:${utilityId}:${stationId}:${commandId}`,
  session: (sessionId: string) => `session:${sessionId}`,
  /** How a session ended: written once beside the session, whose own record then stays as it was opened. */
  sessionEnd: (sessionId: string) => `sessionEnd:${sessionId}`,
  interim: (sessionId: string, sequence: number) =>
    `interim:${sessionId}:${sequence.toString().padStart(8, '0')}`,
  batch: (batchId: string) => `batch:${batchId}`,
  invoice: (invoiceId: string) => `invoice:${invoiceId}`,
  netting: (nettingId: string) => `netting:${nettingId}`,
  /** Running number up to which the pair VUN → HUN has been invoiced: written by invoices only, so it is cool. */
  lastInvoiced: (vun: string, hun: string) => `lastInvoiced:${vun}:${hun}`,
  /** Marker of an authorisation or meter reading that has been used: what was signed once counts once. */
  spent: (hash: string) => `spent:${hash}`,
  command: (mspId: string, commandId: string) => `command:${mspId}:${commandId}`,
} as const;

/** Keys of private bodies in the implicit collections. */
export const privateKey = {
  terms: (agreementId: string, version: number) => `terms:${agreementId}:${version.toString()}`,
  /** Open bodies of one command, packed in its order. */
  opening: (openingId: string) => `opening:${openingId}`,
  /** Close bodies of one batch, packed in its order. */
  batch: (batchId: string) => `batch:${batchId}`,
  header: (batchId: string) => `header:${batchId}`,
  invoice: (invoiceId: string) => `invoice:${invoiceId}`,
  payable: (invoiceId: string) => `payable:${invoiceId}`,
  /** Says nothing; its write makes the collection's owner endorse a command that has no private body. */
  endorsed: (commandId: string) => `endorsed:${commandId}`,
} as const;

/** The collection that every Fabric organisation has implicitly. */
export const implicitCollection = (mspId: string) => `_implicit_org_${mspId}`;
