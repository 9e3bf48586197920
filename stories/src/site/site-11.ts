import { DeviceStage, line, makeKeys, privateKeyOf } from '@roamgrid/energy-controller/devices';

/** SITE-11: pulses with a test between them, off before the next one after a fault, on again only when both ends proved themselves. */
export interface Site11Seen {
  /** Pulses given before anybody proved anything. */
  readonly idlePulses: number;
  /** In 400 ms of a line that is live. */
  readonly livePulses: number;
  readonly untrustedPulses: number;
  readonly faults: readonly {
    readonly is: string;
    /** Milliseconds into a pulse and its test. */
    readonly phaseMs: number;
    /** The pulse in or after which it came, and the last one that was given, a while later. */
    readonly inPulse: number;
    readonly lastPulse: number;
    readonly state: string;
    readonly told: string;
    /** By which step it was live again, once the fault was gone and somebody asked. */
    readonly liveAgainBy: string;
  }[];
  /** What became of it with a receiver, and with a transmitter, of another key. */
  readonly otherReceiver: string;
  readonly otherTransmitter: string;
}

/** Lives the row through, at the line's own timing of 3 ms of pulse and 1 ms of test. */
export const liveSite11 = async (): Promise<Site11Seen> => {
  const [transmitter, receiver, stranger] = [makeKeys(), makeKeys(), makeKeys()];
  const stage = await DeviceStage.start(() =>
    line({
      transmitter: { id: 'tx-1', privateKey: privateKeyOf(transmitter.privateKey) },
      receiver: { id: 'rx-1', publicKey: receiver.verifies },
    }),
  );
  stage.looks = { forMs: 8, everyMs: 1 };
  const pair = (key: string, transmitterKey: string) => ({ do: 'receiver', id: 'rx-1', key, transmitterKey });
  const pulses = async () => Number((await stage.world())['pulses']);
  const goLive = async (): Promise<string> => {
    await stage.driver.ask({ type: 'on' }, stage.nowMs);
    await stage.pass(40, 1);
    const entry = stage.driver.view().log.at(-1);
    return stage.state === 'live' && entry !== undefined ? `${entry.from} ${entry.event}` : stage.state;
  };
  try {
    await stage.act(pair(receiver.privateKey, transmitter.publicKey));
    await stage.pass(200, 10);
    const idlePulses = await pulses();
    await goLive();
    const before = await pulses();
    await stage.pass(400, 1);
    const livePulses = (await pulses()) - before;
    const faults: Site11Seen['faults'][number][] = [];
    for (const is of ['contact', 'line-fault']) {
      for (let phaseMs = 0; phaseMs < 4; phaseMs += 1) {
        await stage.pass(8 + phaseMs, 1);
        await stage.act({ do: 'fault', is });
        await stage.pass(200, 10);
        const inPulse = Number((await stage.world())['faultyPulse']);
        const lastPulse = await pulses();
        const { state } = stage;
        const told = stage.driver.outbox.at(-1)?.code ?? '';
        await stage.act({ do: 'fault', is: null });
        faults.push({ is, phaseMs, inPulse, lastPulse, state, told, liveAgainBy: await goLive() });
      }
    }
    const untrustedPulses = Number((await stage.world())['pulsesUntrusted']);
    await stage.driver.ask({ type: 'off' }, stage.nowMs);
    const refusedBy = async (key: string, transmitterKey: string) => {
      await stage.act(pair(key, transmitterKey));
      await stage.driver.ask({ type: 'on' }, stage.nowMs);
      await stage.pass(2_500, 50);
      return `${stage.state} ${stage.driver.outbox.at(-1)?.code ?? ''}`;
    };
    const otherReceiver = await refusedBy(stranger.privateKey, transmitter.publicKey);
    const otherTransmitter = await refusedBy(receiver.privateKey, stranger.publicKey);
    return { idlePulses, livePulses, untrustedPulses, faults, otherReceiver, otherTransmitter };
  } finally {
    await stage.close();
  }
};

const CODES: Readonly<Record<string, string>> = { contact: 'LINE_CONTACT', 'line-fault': 'LINE_FAULT' };

/** Whether what was seen is what SITE-11 asks for. */
export const isSite11 = (seen: Site11Seen): boolean =>
  seen.idlePulses === 0 &&
  seen.livePulses >= 75 &&
  seen.livePulses <= 100 &&
  seen.untrustedPulses === 0 &&
  seen.faults.length === 8 &&
  seen.faults.every(
    ({ is, phaseMs, inPulse, lastPulse, state, told, liveAgainBy }, index) =>
      is === (index < 4 ? 'contact' : 'line-fault') &&
      phaseMs === index % 4 &&
      inPulse > 0 &&
      lastPulse === inPulse &&
      state === 'tripped' &&
      told === CODES[is] &&
      liveAgainBy === 'proving receiver-trusts',
  ) &&
  seen.otherReceiver === 'off RECEIVER_REFUSED' &&
  seen.otherTransmitter === 'off TRANSMITTER_REFUSED';
