import {
  cdr,
  energyMilliWhCodec,
  microsCodec,
  naturalMicrosCodec,
  recordId,
  utilityId,
  type Cdr,
} from '@roamgrid/wire';
import { z } from 'zod';
import { check, type Check } from '../scenario/check.ts';

/** What is shown of a record. */
const recorded = cdr.pick({
  sessionId: true,
  hun: true,
  vun: true,
  energyWh: true,
  totalMicros: true,
  meteredBy: true,
  endReason: true,
  shares: true,
});

export const recordedOf = ({
  sessionId,
  hun,
  vun,
  energyWh,
  totalMicros,
  meteredBy,
  endReason,
  shares,
}: Cdr): z.output<typeof recorded> => ({
  ...{ sessionId, hun, vun, energyWh, totalMicros, meteredBy, endReason, shares },
});

/** A session of the partner's driver at a member's station. */
const theirs = z.strictObject({
  /** In which the station is connected. */
  protocol: z.string(),
  isAuthorized: z.boolean(),
  reservation: z.string(),
  /** The lowest limit that the station states for the hour to come, once a profile was set there. */
  leastLimitW: z.string(),
  /** What the outlet's register moved by. */
  movedMilliWh: energyMilliWhCodec,
  recorded,
  /** What the partner was told of it over OCPI. */
  told: z.strictObject({
    sessions: z.int(),
    cdrs: z.int(),
    /** As what it was told first, and last. */
    begun: z.string(),
    status: z.string(),
    energyMilliWh: energyMilliWhCodec,
    totalMicros: naturalMicrosCodec,
    /** By the key that stands beside it, the meter's signature holds. */
    isSigned: z.boolean(),
  }),
  /** Once the partner took the card back. */
  isAuthorizedAfter: z.boolean(),
});

/** A session of a member's customer at the partner's station. */
const ours = z.strictObject({
  allowed: z.string(),
  recorded,
  /** What the partner said that it costs. */
  told: z.strictObject({ energyMilliWh: energyMilliWhCodec, totalMicros: naturalMicrosCodec }),
});

/** What a record that was billed before came to at home: why, on the credit note, and on the customer's next bill. */
const corrected = z.strictObject({
  reason: z.string(),
  noteMicros: naturalMicrosCodec,
  billedMicros: microsCodec,
});

const credits = z.strictObject({
  theirs: z.strictObject({
    /** CDRs that the partner was told after the first one, in order. */
    told: z.array(z.strictObject({ id: z.string(), creditOf: z.string(), totalMicros: microsCodec })),
    corrected,
  }),
  ours: z.strictObject({
    /** What the CDR costs that the partner told after its credit. */
    toldMicros: naturalMicrosCodec,
    corrected,
  }),
});

export const ocpiReport = z.strictObject({
  scenario: z.literal('ocpi'),
  ledger: z.enum(['embedded', 'native']),
  chain: z.enum(['verified', 'broken']),
  partner: z.strictObject({ version: z.string(), state: z.string(), tokensUsed: z.int() }),
  theirs,
  ours,
  /** Of the period: what each invoices the other. */
  invoices: z.array(z.strictObject({ id: recordId, vun: utilityId, totalMicros: naturalMicrosCodec })),
  /** What the homes bill: Alabama Power the customer who stands in, Duke Energy its driver. */
  bills: z.strictObject({ standIn: naturalMicrosCodec, driver: naturalMicrosCodec }),
  /** What became of both sessions after they were billed. */
  credits,
  /** Places on the ledger, in the clear, at which a card's number was found. */
  numbersOnLedger: z.int(),
  exact: z.boolean(),
  checks: z.array(check),
});
export type OcpiReport = z.output<typeof ocpiReport>;
export type OcpiReading = Omit<OcpiReport, 'scenario' | 'ledger' | 'exact' | 'checks'>;

const sharesOf = ({ shares }: z.output<typeof recorded>): bigint =>
  shares.hun + shares.vun + shares.infrastructure + shares.driver;

/** What a visited utility invoices for. */
const invoicedBy = ({ invoices }: Pick<OcpiReading, 'invoices'>, by: string): bigint =>
  invoices.reduce((sum, { vun, totalMicros }) => (vun === by ? sum + totalMicros : sum), 0n);

/** What came back at home, on the note and on the bill alike. */
const isBack = ({ noteMicros, billedMicros }: z.output<typeof corrected>, micros: bigint): boolean =>
  noteMicros === micros && billedMicros === -micros;

/** The partner's driver owes nothing, and the partner was told so once. */
const isTheirsCredited = ({ theirs, credits: { theirs: credit } }: OcpiReading): boolean => {
  const { sessionId, totalMicros } = theirs.recorded;
  const [told] = credit.told;
  return (
    credit.told.length === 1 &&
    told?.creditOf === sessionId &&
    told.id !== sessionId &&
    told.totalMicros === -totalMicros &&
    isBack(credit.corrected, totalMicros)
  );
};

/** Duke Energy's driver owes what the partner's later CDR says. */
const isOursCorrected = ({ ours, credits: { ours: credit } }: OcpiReading): boolean =>
  credit.corrected.reason === 'TAKEN_BACK' &&
  isBack(credit.corrected, ours.recorded.totalMicros - credit.toldMicros);

const MILLI = 1_000n;
export const LIMIT_W = 11_000n;

/** The ledger's record, what the partner was told, the invoice, the bills and the shares all come to the same. */
export const isExact = (reading: OcpiReading): boolean => {
  const { theirs, ours, bills } = reading;
  return (
    theirs.told.totalMicros === theirs.recorded.totalMicros &&
    theirs.told.energyMilliWh === theirs.recorded.energyWh * MILLI &&
    theirs.movedMilliWh === theirs.recorded.energyWh * MILLI &&
    invoicedBy(reading, theirs.recorded.vun) === theirs.recorded.totalMicros &&
    invoicedBy(reading, ours.recorded.vun) === ours.recorded.totalMicros &&
    bills.standIn === theirs.recorded.totalMicros - theirs.recorded.shares.driver &&
    ours.told.totalMicros === ours.recorded.totalMicros &&
    ours.told.energyMilliWh === ours.recorded.energyWh * MILLI &&
    bills.driver === ours.recorded.totalMicros - ours.recorded.shares.driver &&
    isTheirsCredited(reading) &&
    isOursCorrected(reading) &&
    [theirs.recorded, ours.recorded].every((each) => sharesOf(each) === each.totalMicros)
  );
};

/** What the scenario shows, from what was read and nothing else. */
export const ocpiChecks = (reading: OcpiReading): readonly Check[] => {
  const { partner, theirs, ours, bills, credits, numbersOnLedger, chain } = reading;
  const { recorded, told } = theirs;
  const invoiced = invoicedBy(reading, recorded.vun);
  return [
    {
      row: 'ROAM-2',
      ok: theirs.isAuthorized,
      seen: `the chip of the partner’s card at an OCPP station: ${theirs.isAuthorized ? 'accepted' : 'refused'}`,
    },
    {
      row: 'ROAM-3',
      ok:
        recorded.hun === 'USALP' &&
        recorded.vun === 'USDUK' &&
        ours.recorded.hun === 'USDUK' &&
        ours.recorded.vun === 'USALP',
      seen: `${recorded.sessionId}: home ${recorded.hun}, which stands in for the partner, visited ${recorded.vun}; ${ours.recorded.sessionId}: home ${ours.recorded.hun}, visited ${ours.recorded.vun}, which stands in for it`,
    },
    {
      row: 'ROAM-4',
      ok: !theirs.isAuthorizedAfter && ours.allowed === 'ALLOWED',
      seen: `a card that the partner took back: ${theirs.isAuthorizedAfter ? 'accepted' : 'refused'}; our card at its station: ${ours.allowed}`,
    },
    {
      row: 'ROAM-4',
      ok:
        partner.state === 'registered' &&
        partner.tokensUsed === 2 &&
        told.begun === 'ACTIVE' &&
        told.status === 'COMPLETED',
      seen: `the partner, by OCPI ${partner.version}: ${partner.state}, ${partner.tokensUsed} tokens one after the other; its driver’s session ${told.begun}, then ${told.status}`,
    },
    {
      row: 'ROAM-5',
      ok: theirs.movedMilliWh === recorded.energyWh * MILLI,
      seen: `meter values told twice: the register moved by ${theirs.movedMilliWh} mWh, the record has ${recorded.energyWh} Wh`,
    },
    {
      row: 'ROAM-12',
      ok: recorded.endReason === 'driver' && ours.recorded.endReason === 'driver',
      seen: `ended by ${recorded.endReason} and ${ours.recorded.endReason}, ${recorded.totalMicros} and ${ours.recorded.totalMicros} micros`,
    },
    {
      row: 'ROAM-13',
      ok: invoiced === recorded.totalMicros && told.cdrs === 1 && told.sessions > 0,
      seen: `invoiced ${invoiced} micros; the partner was told ${told.cdrs} record of ${told.totalMicros}; bills: partner’s customers ${bills.standIn}, Duke Energy’s driver ${bills.driver}`,
    },
    {
      row: 'ROAM-23',
      ok: isTheirsCredited(reading),
      seen: `credited after it was billed: the partner was told ${credits.theirs.told.map(({ totalMicros, creditOf }) => `${totalMicros} micros for ${creditOf}`).join(', ')}; back on a note ${credits.theirs.corrected.noteMicros}, on the next bill ${credits.theirs.corrected.billedMicros}`,
    },
    {
      row: 'ROAM-23',
      ok: isOursCorrected(reading),
      seen: `credited by the partner, and told anew as ${credits.ours.toldMicros} micros: ${credits.ours.corrected.reason}, back on a note ${credits.ours.corrected.noteMicros}, on the driver’s next bill ${credits.ours.corrected.billedMicros}`,
    },
    {
      row: 'ROAM-16',
      ok: [recorded, ours.recorded].every((each) => sharesOf(each) === each.totalMicros),
      seen: `shares of ${sharesOf(recorded)} and ${sharesOf(ours.recorded)} micros`,
    },
    {
      row: 'ROAM-21',
      ok: told.isSigned && recorded.meteredBy === 'meter' && ours.recorded.meteredBy === 'operator',
      seen: `metered by ${recorded.meteredBy}, whose signature the partner ${told.isSigned ? 'verifies' : 'cannot verify'}; at the partner by ${ours.recorded.meteredBy}`,
    },
    {
      row: 'ROAM-22',
      ok: numbersOnLedger === 0,
      seen: `${numbersOnLedger} places on the ledger with a card’s number`,
    },
    {
      row: 'ROAM-30',
      ok: theirs.protocol === 'ocpp2.0.1' && theirs.isAuthorized,
      seen: `Duke Energy’s street station speaks ${theirs.protocol}`,
    },
    {
      row: 'SITE-5',
      ok: theirs.reservation === 'accepted',
      seen: `the outlet reserved for the card: ${theirs.reservation}`,
    },
    {
      row: 'SECURE-9',
      ok: theirs.leastLimitW === LIMIT_W.toString(),
      seen: `a charging profile of ${LIMIT_W} W: the station’s schedule says ${theirs.leastLimitW} W`,
    },
    { row: 'ROAM-14', ok: chain === 'verified', seen: `chain ${chain}` },
  ];
};
