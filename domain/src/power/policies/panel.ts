import { PLAIN_POLICY } from '../model/defaults.ts';
import type { Policy } from '../model/policy.ts';

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
      name: 'outage-feeds-from-batteries',
      when: [{ is: 'outage' }],
      then: [{ do: 'sources', order: ['renewable', 'batteries-by-charge'] }],
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
    {
      name: 'extreme-temperature-slows-charging',
      when: [{ is: 'temperature-outside', lowMilliC: -10_000, highMilliC: 35_000 }],
      then: [{ do: 'scale', select: { kind: 'charge' }, permille: 500n }],
    },
  ],
});
