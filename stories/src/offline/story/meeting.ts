import { seededChance } from '@roamgrid/domain/chance';
import { encodeCbor, LinkLost, type Carried, type Command, type IssuerList } from '@roamgrid/offline';
import { keysOf } from '../underground.ts';
import type { BadAir, Overheard } from '../phone-radio.ts';
import type { AtTheCharger } from './at-the-charger.ts';

/** SECURE-2: charger and phone know each other however bad the air is, and nobody else is taken for either. */

export interface MeetingSeen {
  /** Contacts through air that loses every fifth frame, doubles every fifth and lets one pass the other; and those in which both were sure. */
  readonly contacts: number;
  readonly mutual: number;
  /** Contacts of which one frame had another bit, each a frame later, and those in which either was sure all the same. */
  readonly altered: number;
  readonly sureOfAltered: number;
  /** What a phone says of a charger that no member vouches for, and of one beside which it does not stand. */
  readonly unknownOperator: string;
  readonly otherOutlet: string;
  /** What the charger says to a phone without the token's key. */
  readonly otherHolder: string;
  /** What the phone alone is told: which charger, what time it is there (as it is), and when it is over (after so many seconds). */
  readonly credentials: {
    readonly evseId: string;
    readonly lateS: number;
    readonly lastsS: number;
    readonly overheard: boolean;
  };
}

const COLLECT: Command = { kind: 'collect' };
const CONTACTS = 40;
const SPREAD_MS = 8;
/** Of a frame: those that answer have no more. */
const HEADER_BYTES = 2;
const PACE = { againMs: 20, tries: 1_000 };

const badAir = (chance: () => number): BadAir => ({
  carry: (frame) => {
    const times = chance() < 0.2 ? 0 : chance() < 0.2 ? 2 : 1;
    return Array.from({ length: times }, () => ({ frame, lateMs: chance() * SPREAD_MS }));
  },
});

/** The last bit of one frame that says something is another, each time that it is sent. */
const flipping = (which: number): { readonly air: BadAir; readonly wasReached: () => boolean } => {
  const met: string[] = [];
  const placeOf = (frame: Uint8Array): number => {
    const text = Buffer.from(frame).toString('hex');
    if (!met.includes(text)) met.push(text);
    return met.indexOf(text);
  };
  return {
    air: {
      carry: (frame) => {
        const isIt = frame.length > HEADER_BYTES && placeOf(frame) === which;
        return [{ frame: isIt ? frame.with(-1, (frame.at(-1) ?? 0) ^ 1) : frame, lateMs: 0 }];
      },
    },
    wasReached: () => met.length > which,
  };
};

const meets = async (at: AtTheCharger, carried: Carried, command: Command, air?: BadAir): Promise<string> => {
  try {
    const { met, leave } = await at.there.meet(carried, command, { pace: PACE, ...(air && { air }) });
    await leave();
    return met.ok ? 'ok' : met.error.code;
  } catch (error) {
    if (error instanceof LinkLost) return 'lost';
    throw error;
  }
};

const alteredEachTime = async (at: AtTheCharger, phone: Carried) => {
  let sure = 0;
  for (let which = 0; ; which += 1) {
    const { air, wasReached } = flipping(which);
    const came = await meets(at, phone, COLLECT, air);
    if (!wasReached()) return { altered: which, sureOfAltered: sure };
    if (came === 'ok') sure += 1;
  }
};

export const liveMeeting = async (at: AtTheCharger): Promise<MeetingSeen> => {
  const { there } = at;
  const chance = seededChance(7);
  const phone = await there.phone();
  let mutual = 0;
  for (let contact = 0; contact < CONTACTS; contact += 1)
    if ((await meets(at, phone, COLLECT, badAir(chance))) === 'ok') mutual += 1;
  const members: IssuerList = {
    ...phone.members,
    issuers: phone.members.issuers.filter(({ utilityId }) => utilityId !== 'GBPKC'),
  };
  const overheard: Overheard = { frames: [] };
  await there.charger().act('plug-in');
  const answer = await at.meets(
    phone,
    { kind: 'start', energyWh: 1_000n },
    (contact) => Promise.resolve(contact.answer),
    { overheard },
  );
  await at.asks(phone, { kind: 'stop' });
  await there.charger().act('unplug');
  const [evseId, nowS, endsS] = answer;
  return {
    ...{ contacts: CONTACTS, mutual, ...(await alteredEachTime(at, phone)) },
    unknownOperator: await meets(at, { ...phone, members }, COLLECT),
    otherOutlet: await meets(at, { ...phone, evseId: 'GB*PKC*E0002*1' }, COLLECT),
    otherHolder: await meets(at, { ...phone, holder: (await keysOf()).signer }, COLLECT),
    credentials: {
      ...{
        evseId: typeof evseId === 'string' ? evseId : '',
        lateS: Number(nowS) - at.nowS,
        lastsS: Number(endsS) - at.nowS,
      },
      overheard: Buffer.concat(overheard.frames).includes(Buffer.from(encodeCbor([...answer]))),
    },
  };
};

/** All are mutual; of the altered ones none is. */
export const isMeeting = ({ contacts, mutual, altered, sureOfAltered, ...said }: MeetingSeen): boolean =>
  contacts === CONTACTS &&
  mutual === contacts &&
  altered >= 4 &&
  altered < 100 &&
  sureOfAltered === 0 &&
  JSON.stringify(said) ===
    JSON.stringify({
      ...{
        unknownOperator: 'CHARGER_OPERATOR_UNKNOWN',
        otherOutlet: 'OTHER_CHARGER',
        otherHolder: 'PROOF_FORGED',
      },
      credentials: { evseId: 'GB*PKC*E0001*1', lateS: 0, lastsS: 12 * 3_600, overheard: false },
    });
