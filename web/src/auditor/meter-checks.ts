import type { Bill, CloseBody, OpenBody, Station } from './api.ts';
import { attempt, check, type Check } from './check.ts';
import { consentBinding, consentInput } from '../shared/consent.ts';
import { bytesOfBase64 } from '../shared/hash.ts';
import { statementPayload, type Facts, type Reading } from './ocmf-facts.ts';
import { saysReading, statementOf, type Statement } from './ocmf-text.ts';
import { groundOf } from './opening-checks.ts';
import { keysAt } from '../shared/signature.ts';
import { factsVerify, statementVerifies } from './meter-signature.ts';

type MeterKey = Station['evses'][number]['meterKeys'][number];
type Ends = readonly [begin: Reading, end: Reading];

/** What the meter's signature says of a session. */
interface MeterSaid {
  readonly begin: boolean;
  readonly end: boolean;
  /** For no other session. */
  readonly forSession: boolean;
  readonly tariffText?: string;
}

const NOTHING: MeterSaid = { begin: false, end: false, forSession: false };

/** What was signed is formed again, so one signature covers all of it or nothing. */
async function saidByFacts(
  facts: Facts,
  sessionId: string,
  evseId: string,
  ends: Ends,
  key: MeterKey,
): Promise<MeterSaid> {
  const { meter, signature, tariffText } = facts;
  const payload = statementPayload(facts, sessionId, evseId, ends);
  const verifies = await attempt(() => factsVerify(payload, bytesOfBase64(signature), key));
  if (verifies !== true || meter.serial !== key.meterId) return NOTHING;
  return { begin: true, end: true, forSession: true, ...(tariffText !== undefined && { tariffText }) };
}

/** A statement of any other meter, when it is this outlet's meter's. */
const opened = (text: string, evseId: string, key: MeterKey): Promise<Statement | undefined> =>
  attempt(async () => {
    const statement = (await statementVerifies(text, key)) ? statementOf(text) : undefined;
    const isOurs = statement?.meterId === key.meterId && (statement.evseId ?? evseId) === evseId;
    return isOurs ? statement : undefined;
  });

async function saidByTexts(
  { start, end }: Extract<CloseBody['statement'], { form: 'ocmf' }>,
  sessionId: string,
  evseId: string,
  [first, last]: Ends,
  key: MeterKey,
): Promise<MeterSaid> {
  const ended = await opened(end, evseId, key);
  const begun = start === undefined ? ended : await opened(start, evseId, key);
  const isForThis = (statement: Statement | undefined): boolean =>
    statement !== undefined && (statement.sessionId ?? sessionId) === sessionId;
  const inOrder = begun === ended || (begun?.page ?? 0) < (ended?.page ?? 0);
  const beginRegister = begun && saysReading(begun, 'begin', first);
  const endRegister = ended && saysReading(ended, 'end', last);
  return {
    begin: beginRegister !== undefined && inOrder,
    end: endRegister !== undefined && endRegister === (beginRegister ?? endRegister),
    forSession: isForThis(begun) && isForThis(ended),
    ...(ended?.tariffText !== undefined && { tariffText: ended.tariffText }),
  };
}

/** The meter that an end statement names. */
const meterIdOf = (statement: CloseBody['statement']): Promise<string | undefined> =>
  attempt(() =>
    Promise.resolve(
      statement.form === 'facts' ? statement.meter.serial : statementOf(statement.end)?.meterId,
    ),
  );

/** Whose word the readings are, in the words that the driver's bill has. */
export const vouchedText = (meteredBy: Bill['meteredBy'], utility: string): string =>
  meteredBy === 'meter' ? 'from the signed meter record' : `from meter values that ${utility} vouches for`;

/** The signatures of the outlet's meter or its operator, by the keys that it had when the session opened. */
export async function meterChecks(
  open: OpenBody,
  { readings, sessionId, statement }: CloseBody,
  stations: readonly Station[],
  meteredBy: Bill['meteredBy'] | undefined,
): Promise<readonly Check[]> {
  const { consent, openedAtMs, quote } = open;
  const station = stations.find(({ stationId }) => stationId === quote.stationId);
  const outlet = station?.evses.find(
    ({ evseId, removedAtMs = Infinity }) => evseId === quote.evseId && openedAtMs < removedAtMs,
  );
  const meterId = await meterIdOf(statement);
  const key = keysAt(outlet?.meterKeys ?? [], openedAtMs).find((each) => each.meterId === meterId);
  const [first] = readings;
  const last = readings.at(-1);
  const said =
    key === undefined || first === undefined || last === undefined
      ? NOTHING
      : statement.form === 'facts'
        ? await saidByFacts(statement, sessionId, quote.evseId, [first, last], key)
        : await saidByTexts(statement, sessionId, quote.evseId, [first, last], key);
  const who = key?.signedBy === 'operator' ? 'the operator’s register' : 'meter';
  const what = key ? `${who} ${key.meterId}` : 'the outlet had no registered key of the statement’s meter';
  const form =
    statement.form === 'facts' ? 'its statement formed again from the facts' : 'its whole statement';
  const shown = (reading: Reading | undefined) => `${what}, register ${reading?.registerMilliWh ?? '?'} mWh`;
  const unsigned = readings
    .slice(1, -1)
    .every(({ clock, errorFlags }) => clock === undefined && errorFlags === undefined);
  const binding =
    key?.signedBy === 'meter' && said.tariffText?.startsWith('roamgrid-consent ') === true
      ? await consentBinding(consentInput(await groundOf(open), consent, quote.stationId))
      : undefined;
  return [
    check('meter-begin', 'The meter signed the begin reading', said.begin, `${shown(first)}, ${form}`),
    check('meter-end', 'The meter signed the end reading', said.end, `${shown(last)}, ${form}`),
    check('meter-session', 'The meter signed for no other session', said.forSession, `${what}, ${sessionId}`),
    ...(meteredBy === undefined
      ? []
      : [
          check(
            'metered-by',
            'The record says whose word its readings are',
            key?.signedBy === meteredBy,
            vouchedText(meteredBy, quote.vun),
          ),
        ]),
    check(
      'readings',
      'The readings between claim nothing that a meter signs',
      unsigned,
      `${readings.length} readings`,
    ),
    ...(binding === undefined
      ? []
      : [
          check(
            'meter-consent',
            'The meter signed for exactly this consent',
            said.tariffText === binding,
            `signed “${said.tariffText ?? ''}”`,
          ),
        ]),
  ];
}
