import type { ModeTable } from './charging-mode.ts';
import type { Policy } from './policy.ts';

/** The numbers of document 001: fast 20/650/20 kW, regular 350 kW, slow below 100 kW, residential 1 to 12 kW. */
export const SITE_MODES: ModeTable = {
  modes: {
    fast: {
      leastW: 0n,
      mostW: 800_000n,
      byStateW: { starting: 20_000n, 'in-progress': 650_000n, finishing: 20_000n },
    },
    regular: {
      leastW: 0n,
      mostW: 350_000n,
      byStateW: { starting: 350_000n, 'in-progress': 350_000n, finishing: 350_000n },
    },
    slow: {
      leastW: 0n,
      mostW: 99_999n,
      byStateW: { starting: 99_999n, 'in-progress': 99_999n, finishing: 99_999n },
    },
    residential: {
      leastW: 1_000n,
      mostW: 12_000n,
      byStateW: { starting: 12_000n, 'in-progress': 12_000n, finishing: 12_000n },
    },
  },
  inProgressFromPpm: 200_000n,
  finishingFromPpm: 800_000n,
};

const MINUTE_MS = 60_000;

/** A policy without rules: least laxity first, renewables before the grid before batteries. */
export const PLAIN_POLICY: Policy = {
  policyId: 'plain',
  version: 1,
  serve: 'llf',
  bands: {},
  modeTable: SITE_MODES,
  sources: ['renewable', 'grid', 'ess', 'ev'],
  holdAheadMs: 0,
  noticeEveryMs: 15 * MINUTE_MS,
  aboveSoft: { urgency: ['urgent'] },
  rules: [],
};
