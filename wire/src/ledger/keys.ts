const paddedMs = (atMs: number): string => atMs.toString().padStart(14, '0');

/**
 * Public state keys, one function a record type, so that contracts and readers cannot disagree.
 * Parts never contain `:` except EVSE-free ids checked by their schemas; ranges end at `;` (the character after `:`).
 */
export const stateKey = {
  utility: (utilityId: string) => `utility:${utilityId}`,
  /** An organisation's vote on one version of a matter. */
  vote: (utilityId: string, decision: string, onVersion: number, mspId: string) =>
    `vote:${utilityId}:${decision}:${onVersion.toString().padStart(8, '0')}:${mspId}`,
  station: (utilityId: string, stationId: string) => `station:${utilityId}:${stationId}`,
  /** Whose a meter's key is, and in which group. */
  meterKey: (meterKeyId: string) => `meterKey:${meterKeyId}`,
  outlet: (evseId: string) => `outlet:${evseId}`,
  agreement: (agreementId: string) => `agreement:${agreementId}`,
  tariff: (tariffId: string, version: number) => `tariff:${tariffId}:${version.toString().padStart(8, '0')}`,
  tariffByUtility: (utilityId: string, tariffId: string, version: number) =>
    `tariffOf:${utilityId}:${tariffId}:${version.toString().padStart(8, '0')}`,
  tariffBinding: (agreementId: string, tariffId: string, version: number) =>
    `binding:${agreementId}:${tariffId}:${version.toString().padStart(8, '0')}`,
  priceCourse: (agreementId: string, utilityId: string) => `priceCourse:${agreementId}:${utilityId}`,
  demandChunk: (utilityId: string, areaId: string, firstAtMs: number) =>
    `demand:${utilityId}:${areaId}:${firstAtMs.toString().padStart(14, '0')}`,
  generator: (generatorId: string) => `generator:${generatorId}`,
  certificate: (generatorId: string, quarterMs: number) =>
    `certificate:${generatorId}:${quarterMs.toString().padStart(14, '0')}`,
  /** Some of a certificate's Wh, by the first of them. */
  holding: (generatorId: string, quarterMs: number, fromWh: bigint) =>
    `holding:${generatorId}:${quarterMs.toString().padStart(14, '0')}:${fromWh.toString().padStart(16, '0')}`,
  /** An opening of a lane, written once. */
  opening: (laneId: string, slot: number) => `opening:${laneId}:${slot.toString().padStart(10, '0')}`,
  /** Which numbers of a lane's range were opened: written by openings only. */
  opens: (laneId: string, range: number) => `opens:${laneId}:${range.toString().padStart(7, '0')}`,
  /** How numbers of a lane's range ended. */
  ends: (laneId: string, range: number) => `ends:${laneId}:${range.toString().padStart(7, '0')}`,
  claim: (claimId: string) => `claim:${claimId}`,
  claims: (laneId: string, range: number) => `claims:${laneId}:${range.toString().padStart(7, '0')}`,
  /** Meters of a group of a utility's stations, whoever's customers charge there. */
  meterBook: (vun: string, group: string) => `meterBook:${vun}:${group}`,
  /** A book of what was closed under kept profiles of a lane: written by settles only. */
  exposures: (laneId: string, book: string) => `exposures:${laneId}:${book}`,
  /** Revocations of the profiles of such a book: written by the home utility only. */
  revocations: (laneId: string, book: string) => `revocations:${laneId}:${book}`,
  /** A session that began offline, by its number at its outlet. */
  offline: (evseId: string, number: number) => `offline:${evseId}:${number.toString().padStart(10, '0')}`,
  /** The same by the start that its holder signed: one signature starts one session. */
  offlineStart: (startHash: string) => `offlineStart:${startHash}`,
  notes: (noteId: string) => `notes:${noteId}`,
  batch: (batchId: string) => `batch:${batchId}`,
  invoice: (invoiceId: string) => `invoice:${invoiceId}`,
  /** What two utilities have to net of a period. */
  pairPeriod: (periodId: string, low: string, high: string) => `pairPeriod:${periodId}:${low}:${high}`,
  period: (periodId: string) => `period:${periodId}`,
  position: (periodId: string, round: number, currency: string, utilityId: string) =>
    `position:${periodId}:${round.toString()}:${currency}:${utilityId}`,
  dispute: (disputeId: string) => `dispute:${disputeId}`,
  credit: (creditId: string) => `credit:${creditId}`,
  charge: (chargeId: string) => `charge:${chargeId}`,
  /** Slots of a site in which its power was divided. */
  allocation: (batchId: string) => `allocation:${batchId}`,
  /** Of all that a site recorded, or of what it recorded for one home utility. */
  allocatedUntil: (utilityId: string, siteId: string, hun?: string) =>
    `allocatedUntil:${utilityId}:${siteId}${hun === undefined ? '' : `:${hun}`}`,
  /** Tampering with a device of a site, and how much of it is recorded. */
  tamper: (utilityId: string, siteId: string, eventId: string) => `tamper:${utilityId}:${siteId}:${eventId}`,
  tamperCount: (utilityId: string, siteId: string) => `tamperCount:${utilityId}:${siteId}`,
  house: (houseRef: string) => `house:${houseRef}`,
  panelKey: (panelKeyId: string) => `panelKey:${panelKeyId}`,
  /** What a house's panel told, by its number. */
  houseBatch: (houseRef: string, number: number) =>
    `houseBatch:${houseRef}:${number.toString().padStart(10, '0')}`,
  houseChain: (houseRef: string) => `houseChain:${houseRef}`,
  creditGrant: (creditId: string) => `creditGrant:${creditId}`,
  /** Some of a credit's Wh, by the first of them. */
  energyCredit: (creditId: string, fromWh: bigint) =>
    `energyCredit:${creditId}:${fromWh.toString().padStart(16, '0')}`,
  /** A holder's ids are its own, so that nobody takes another's. */
  creditMove: (from: string, moveId: string) => `creditMove:${from}:${moveId}`,
  flexHouse: (houseId: string) => `flexHouse:${houseId}`,
  /** A day of a house's meter, by its first instant. */
  flexDay: (houseId: string, dayMs: number) => `flexDay:${houseId}:${paddedMs(dayMs)}`,
  flexUntil: (houseId: string) => `flexUntil:${houseId}`,
  /** An event of an agreement in one direction, by its start. */
  flexEvent: (agreementId: string, vun: string, hun: string, fromMs: number) =>
    `flexEvent:${agreementId}:${vun}:${hun}:${paddedMs(fromMs)}`,
  flexCalled: (agreementId: string, vun: string, hun: string) => `flexCalled:${agreementId}:${vun}:${hun}`,
  flexSettlement: (houseId: string, dayMs: number) => `flexSettlement:${houseId}:${paddedMs(dayMs)}`,
  reservation: (reservationId: string) => `reservation:${reservationId}`,
  /** A quarter-hour of an outlet: two reservations that overlap write one of the same. */
  slot: (evseId: string, slotMs: number) => `slot:${evseId}:${slotMs.toString().padStart(14, '0')}`,
  /** A number whose record is demanded. */
  missing: (laneId: string, number: number) => `missing:${laneId}:${number.toString().padStart(10, '0')}`,
  netting: (nettingId: string) => `netting:${nettingId}`,
  carry: (currency: string) => `carry:${currency}`,
  default: (nettingId: string, utilityId: string) => `default:${nettingId}:${utilityId}`,
  /** Payments that stay between two utilities, one of which is in default. */
  onAccount: (low: string, high: string, paymentId: string) => `onAccount:${low}:${high}:${paymentId}`,
  payment: (paymentId: string) => `payment:${paymentId}`,
  /** What a receipt counted for: money that came counts once. */
  receipt: (utilityId: string, entryHash: string) => `receipt:${utilityId}:${entryHash}`,
  unmatched: (utilityId: string, receiptId: string) => `unmatched:${utilityId}:${receiptId}`,
  /** Running number up to which a lane has been invoiced: written by invoices only, so it is cool. */
  lastInvoiced: (laneId: string) => `lastInvoiced:${laneId}`,
  command: (mspId: string, commandId: string) => `command:${mspId}:${commandId}`,
} as const;

/** Keys of private bodies in the implicit collections. */
export const privateKey = {
  terms: (agreementId: string, version: number) => `terms:${agreementId}:${version.toString()}`,
  /** Notes of one command, packed in its order. */
  notes: (noteId: string) => `notes:${noteId}`,
  /** Settled sessions of one batch, packed in its order. */
  batch: (batchId: string) => `batch:${batchId}`,
  /** Ways from the sessions of one batch to their openings, packed in its order. */
  openings: (batchId: string) => `openings:${batchId}`,
  header: (batchId: string) => `header:${batchId}`,
  invoice: (invoiceId: string) => `invoice:${invoiceId}`,
  payable: (invoiceId: string) => `payable:${invoiceId}`,
  /** Balances of a pair's round. */
  balance: (periodId: string, low: string, high: string, round: number) =>
    `balance:${periodId}:${low}:${high}:${round.toString()}`,
  dispute: (disputeId: string) => `dispute:${disputeId}`,
  credit: (creditId: string) => `credit:${creditId}`,
  charge: (chargeId: string) => `charge:${chargeId}`,
  allocation: (batchId: string) => `allocation:${batchId}`,
  /** Slots of one batch, packed in its order. */
  allocatedSlots: (batchId: string) => `allocatedSlots:${batchId}`,
  house: (houseRef: string) => `house:${houseRef}`,
  houseBatch: (houseRef: string, number: number) => stateKey.houseBatch(houseRef, number),
  /** Entries of one batch, packed in its order. */
  houseEntries: (houseRef: string, number: number) =>
    `houseEntries:${houseRef}:${number.toString().padStart(10, '0')}`,
  flexHouse: (houseId: string) => stateKey.flexHouse(houseId),
  flexDay: (houseId: string, dayMs: number) => stateKey.flexDay(houseId, dayMs),
  /** What the meter signed of some days, packed in their order; by the first of them. */
  flexStatements: (houseId: string, dayMs: number) => `flexStatements:${houseId}:${paddedMs(dayMs)}`,
  flexEvent: (agreementId: string, vun: string, hun: string, fromMs: number) =>
    stateKey.flexEvent(agreementId, vun, hun, fromMs),
  flexSettlement: (houseId: string, dayMs: number) => stateKey.flexSettlement(houseId, dayMs),
  reservation: (reservationId: string) => `reservation:${reservationId}`,
  /** Which session it became. */
  reservationUse: (reservationId: string) => `reservationUse:${reservationId}`,
  answer: (disputeId: string) => `answer:${disputeId}`,
  /** The close of a revised record; its opening stays what it was. */
  revision: (disputeId: string) => `revision:${disputeId}`,
  /** Says nothing; its write makes the collection's owner endorse a command that has no private body. */
  endorsed: (commandId: string) => `endorsed:${commandId}`,
} as const;

/** The collection that every Fabric organisation has implicitly. */
export const implicitCollection = (mspId: string) => `_implicit_org_${mspId}`;
