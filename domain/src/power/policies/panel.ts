import { PLAIN_POLICY } from '../model/defaults.ts';
import type { Condition, Policy, Rule } from '../model/policy.ts';

/** The grid has more to carry than it is built for. */
const BROWNOUT_PERMILLE = 1_000;

/** Who is asked to take less: the phone, the thermostat and the vehicle's display. */
const TO = ['phone', 'thermostat', 'vehicle'];

/** Claim 5: what batteries cannot give while they are to feed is told, whoever feeds it then. */
const asksToReduce = (name: string, because: Condition): Rule => ({
  name: `${name}-asks-to-reduce`,
  when: [because, { is: 'load-above-batteries' }],
  then: [{ do: 'notice', code: 'REDUCE', to: TO }],
});

/**
 * The panel of document 000. Claim 1: above a demand threshold the fuller battery feeds the location, else the grid; claim 5:
 * what batteries cannot give is told. Rules are in this order, so that the threshold decides who feeds and claim 5 only tells.
 */
export const panelPolicy = (thresholdPermille: number): Policy => ({
  ...PLAIN_POLICY,
  policyId: 'panel',
  sources: ['renewable', 'grid', 'batteries-by-charge'],
  rules: [
    {
      // Below the floor high priorities alone are fed: their claims are essential, and come before 2.
      name: 'outage-opens-low-priority',
      when: [{ is: 'outage' }, { is: 'battery-below-floor' }],
      then: [{ do: 'suspend', select: { kind: 'circuit', priorityFrom: 2 } }],
    },
    {
      name: 'outage-feeds-from-batteries',
      when: [{ is: 'outage' }],
      then: [{ do: 'sources', order: ['renewable', 'batteries-by-charge'] }],
    },
    {
      // What nobody could be fed from alone is fed as at any other peak.
      name: 'brownout-cuts-the-grid',
      when: [
        { is: 'peak-window' },
        { is: 'grid-demand-above', permille: BROWNOUT_PERMILLE },
        { is: 'load-within-batteries' },
      ],
      then: [{ do: 'sources-off', kinds: ['grid'] }],
    },
    {
      name: 'demand-above-feeds-from-batteries',
      when: [{ is: 'grid-demand-above', permille: thresholdPermille }],
      then: [{ do: 'sources', order: ['renewable', 'batteries-by-charge', 'grid'] }],
    },
    {
      name: 'peak-window-feeds-from-batteries',
      when: [{ is: 'peak-window' }],
      then: [{ do: 'sources', order: ['renewable', 'batteries-by-charge', 'grid'] }],
    },
    asksToReduce('outage', { is: 'outage' }),
    asksToReduce('demand-above', { is: 'grid-demand-above', permille: thresholdPermille }),
    asksToReduce('peak-window', { is: 'peak-window' }),
    {
      // What the sun gives beyond the loads fills the emptier of the batteries first.
      name: 'sun-fills-the-lower-battery',
      when: [{ is: 'claim', select: { kind: 'charge' } }],
      then: [{ do: 'surplus-to-lower-battery' }],
    },
    {
      name: 'extreme-temperature-slows-charging',
      when: [{ is: 'temperature-outside', lowMilliC: -10_000, highMilliC: 35_000 }],
      then: [{ do: 'scale', select: { kind: 'charge' }, permille: 500n }],
    },
  ],
});
