import {
  authorisation,
  consentSigningInput,
  DOCUMENT_TYPE,
  driverConsentSigningInput,
  judgeOpening,
  keysAbout,
  keysAt,
  laneOf,
  openDatedDocument,
  verifyEs256,
  visitorProfile,
  type Authorisation,
  type ConsentGround,
  type SessionOpenBody,
  type VisitorProfile,
} from '@roamgrid/wire';
import type { Check } from './check.ts';
import type { BillEvidence } from './evidence.ts';

type Leave = Authorisation | VisitorProfile;

/** What the home utility signed, by the keys that it had when it signed. */
const leaveOf = async (
  { authorisedBy, evidence: jws, quote }: SessionOpenBody,
  { utilities }: BillEvidence,
): Promise<Leave | undefined> => {
  const keys = utilities.find(({ utilityId }) => utilityId === quote.hun)?.signingKeys ?? [];
  const opened =
    authorisedBy === 'home'
      ? await openDatedDocument(
          authorisation,
          DOCUMENT_TYPE.authorisation,
          jws,
          keys,
          ({ issuedAtMs }) => issuedAtMs,
          keysAbout,
        )
      : await openDatedDocument(
          visitorProfile,
          DOCUMENT_TYPE.profile,
          jws,
          keys,
          ({ validFromMs }) => validFromMs,
          keysAbout,
        );
  return opened.ok ? opened.value : undefined;
};

/** Whether the home utility's signature is for this session, or for this customer's sessions. */
const covers = (leave: Leave | undefined, { cinRef, quote, sessionId }: SessionOpenBody): boolean =>
  leave?.cinRef === cinRef &&
  leave.iss === quote.hun &&
  leave.aud === quote.vun &&
  leave.channel === quote.channel &&
  leave.adjustmentPpm === quote.adjustmentPpm &&
  ('sessionId' in leave ? leave.sessionId === sessionId : leave.laneId === laneOf(sessionId));

/** Consents, formed again from their facts and verified, whether or not a contract relied on the meter for them. */
const consentChecks = (
  { consent, driverConsent, quote }: SessionOpenBody,
  { station }: BillEvidence,
  ground: ConsentGround,
  leave: Leave | undefined,
): readonly Check[] => {
  const key = keysAt(station.signingKeys, consent.consentedAtMs).find(({ kid }) => kid === consent.kid);
  const text = consentSigningInput(ground, consent, quote.stationId);
  const device = leave?.driverKey;
  return [
    {
      name: 'the driver consented to exactly this quote',
      ok: key !== undefined && verifyEs256(text, consent.signature, key),
    },
    ...(driverConsent === undefined
      ? []
      : [
          {
            name: 'the driver’s own device consented to exactly this quote',
            ok:
              device !== undefined &&
              verifyEs256(
                driverConsentSigningInput(ground, driverConsent, device.kid),
                driverConsent.signature,
                device,
              ),
          },
        ]),
  ];
};

/** Everything that was signed for a session to open, and the rules by which it may. */
export const openingChecks = async (
  open: SessionOpenBody,
  quoteText: string,
  evidence: BillEvidence,
  ground: ConsentGround,
  tariffText: string | undefined,
): Promise<readonly Check[]> => {
  const { utilities, station, tariff, agreement, terms } = evidence;
  const { quote, authorisedBy } = open;
  const leave = await leaveOf(open, evidence);
  const vun = utilities.find(({ utilityId }) => utilityId === quote.vun);
  const hun = utilities.find(({ utilityId }) => utilityId === quote.hun);
  const judged =
    vun &&
    hun &&
    (await judgeOpening(
      { open, quoteText, ...(tariffText !== undefined && { tariffText }) },
      {
        channel: ground.channel,
        agreement,
        terms,
        vun,
        hun,
        station,
        tariff: tariff.record,
        bound: tariff.boundUnder.includes(agreement.agreementId),
      },
    ));
  return [
    {
      name: `${hun?.name ?? quote.hun} authorised this customer (${authorisedBy})`,
      ok: covers(leave, open),
    },
    ...consentChecks(open, evidence, ground, leave),
    {
      name: 'the opening keeps to every rule of the contract',
      ok: judged?.ok === true,
      ...(judged?.ok === false && { detail: `${judged.error.code}: ${judged.error.message}` }),
    },
  ];
};
