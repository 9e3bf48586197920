import type { kioskInfo, kioskState } from '@roamgrid/wire';
import type { z } from 'zod';

/** Wire form: amounts are decimal strings. Types only; the page carries no schema code. */
export type Info = z.input<typeof kioskInfo>;
export type State = z.input<typeof kioskState>;
export type Screen = State['screen'];
export type Of<S extends Screen> = Extract<State, { screen: S }>;

export interface Choice {
  readonly requestedEnergyWh: string;
  readonly plannedMs: number;
}

/** What the page itself can bring; a card comes to the reader. */
export interface Swipe extends Choice {
  readonly cin: string;
  readonly method: 'keypad' | 'qr';
}

/** The station did not take a step and did not say why. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

async function post(step: string, body: unknown): Promise<State> {
  const response = await fetch(`/kiosk/v1/${step}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) {
    const told = (await response.json().catch(() => ({}))) as { detail?: string };
    throw told.detail === undefined ? new NoAnswer() : new Error(told.detail);
  }
  return (await response.json()) as State;
}

export const station = {
  info: async (): Promise<Info> => (await (await fetch('/kiosk/v1/info')).json()) as Info,
  choose: (choice: Choice) => post('choice', choice),
  swipe: (swipe: Swipe) => post('swipes', swipe),
  consent: (quoteHash: string) => post('consent', { quoteHash }),
  decline: () => post('decline', {}),
  stop: () => post('stop', {}),
  done: () => post('done', {}),
  /** Hear each change of the outlet. The browser reconnects by itself. */
  watch(onState: (state: State) => void, onTrouble: () => void): void {
    const events = new EventSource('/kiosk/v1/events');
    events.onmessage = (message) => {
      onState(JSON.parse(String(message.data)) as State);
    };
    events.onerror = onTrouble;
  },
};
