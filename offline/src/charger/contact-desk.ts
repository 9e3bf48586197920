import type { CborValue } from '../cbor/cbor.ts';
import {
  answerHello,
  readProof,
  type ChargerIdentity,
  type ChargerUptime,
  type Proven,
} from '../handshake/charger.ts';
import { LinkLost, type Link } from '../link/link.ts';
import type { Suite } from '../suite/suite.ts';
import type { IssuerList } from '../token/issuer-list.ts';
import { refused } from './answers.ts';

/** Who answers a phone that is held to a charger. */
export interface ContactDesk {
  readonly suite: Suite;
  readonly identity: ChargerIdentity;
  uptime(): ChargerUptime;
  issuers(): IssuerList;
  /** What a phone that proved itself wants first. */
  obey(proven: Proven): Promise<CborValue>;
  /** A conversation with who proved himself; what it answers is undefined when the phone has nothing more to say. */
  talk(proven: Proven): (asked: CborValue) => Promise<CborValue | undefined>;
}

const contact = async (link: Link, desk: ContactDesk): Promise<void> => {
  const { suite, identity } = desk;
  const challenged = await answerHello(suite, identity, desk.uptime(), await link.receive());
  if (!challenged.ok) return;
  const { channel, reply } = challenged.value;
  await link.send(reply);
  const proven = await readProof(suite, challenged.value, desk.issuers(), await link.receive());
  // Who is not believed is told why, by the way that only he can read; of a broken way there is none.
  if (!proven.ok && proven.error.code === 'CHANNEL_BROKEN') return;
  const answer = proven.ok ? await desk.obey(proven.value) : refused(proven.error.code, proven.error.message);
  await link.send(await channel.seal(answer));
  if (!proven.ok) return;
  const talk = desk.talk(proven.value);
  for (;;) {
    const asked = await channel.open(await link.receive());
    const said = asked.ok ? await talk(asked.value) : undefined;
    if (said === undefined) return;
    await link.send(await channel.seal(said));
  }
};

/** One contact, from the phone's first word until it is over; a phone that is taken away ends it. */
export const serveContact = async (link: Link, desk: ContactDesk): Promise<void> => {
  try {
    await contact(link, desk);
  } catch (error) {
    if (!(error instanceof LinkLost)) throw error;
  } finally {
    link.close();
  }
};
