import type { Bearer } from '@roamgrid/offline';
import type { AppConfig } from '../../sign-in.ts';
import { bluetoothRadio } from './bluetooth.ts';
import { simulatedRadio } from './simulated.ts';

/** Ways in which a phone is held to a charger. */

export const RADIOS = ['simulated', 'bluetooth'] as const;
export type RadioKind = (typeof RADIOS)[number];

/** A charger in reach. */
export interface Meeting {
  readonly bearer: Bearer;
  /** The phone is taken away. */
  leave(): void;
}

export interface Radio {
  readonly kind: RadioKind;
  /** Waits until the phone is held to the charger of an outlet. @throws when it never is */
  meet(evseId: string): Promise<Meeting>;
}

/** The radios that this browser has, and those that are simulated where the page is served. */
export const radiosOf = ({ radios }: Pick<AppConfig, 'radios'>): readonly Radio[] =>
  [radios === undefined ? undefined : simulatedRadio(radios), bluetoothRadio()].filter(
    (radio) => radio !== undefined,
  );
