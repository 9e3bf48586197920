import { PLAIN_POLICY } from '../model/defaults.ts';
import type { Policy, Rule } from '../model/policy.ts';

/**
 * The policies of a station that shares power with servers. Document 001 contradicts itself: its description gives the servers
 * priority unless charging forces it (paragraphs on FIG. 9), its claims 12 and 13 give charging the power and the servers
 * the rest, its claims 14 and 18 let a task slow charging. Each is a policy of its own, and a site chooses.
 */

/** FIG. 10A 1022–1028: charging is slowed; a task that needs more than that leaves takes it all. */
const URGENT_TASK: Rule = {
  name: 'urgent-task-slows-charging',
  when: [{ is: 'claim', select: { kind: 'compute', urgency: ['urgent'] } }],
  then: [{ do: 'mode', select: { kind: 'charge', urgency: ['ordinary', 'high'] }, mode: 'slow' }],
};

/** Claim 18: the priority of a task switches charging to slow. */
const HIGH_TASK: Rule = {
  name: 'high-task-slows-charging',
  when: [{ is: 'claim', select: { kind: 'compute', urgency: ['high'] } }],
  then: [{ do: 'mode', select: { kind: 'charge', urgency: ['ordinary'] }, mode: 'slow' }],
};

/** FIG. 10A 1018–1020: servers go down to what is critical. */
const URGENT_CHARGE: Rule = {
  name: 'urgent-charge-leaves-critical-only',
  when: [{ is: 'claim', select: { kind: 'charge', urgency: ['urgent'] } }],
  then: [{ do: 'critical-only', select: { kind: 'compute', urgency: ['ordinary', 'high'] } }],
};

/** Claim 19: the middle of a fast charge leaves the servers nothing. */
const FAST_IN_PROGRESS: Rule = {
  name: 'fast-in-progress-suspends-servers',
  when: [{ is: 'claim', select: { kind: 'charge', mode: ['fast'], state: ['in-progress'] } }],
  then: [{ do: 'suspend', select: { kind: 'compute', urgency: ['ordinary'] } }],
};

/** Claims 12, 13 and 19: charging first, servers suspended in the middle of a fast charge. */
export const VEHICLES_FIRST: Policy = {
  ...PLAIN_POLICY,
  policyId: 'site-vehicles-first',
  bands: { charge: 1, compute: 0 },
  rules: [URGENT_TASK, URGENT_CHARGE, HIGH_TASK, FAST_IN_PROGRESS],
};

/** Claim 13 and FIG. 10B: charging first, servers keep what is left at any time. */
export const VEHICLES_FIRST_SHARING: Policy = {
  ...VEHICLES_FIRST,
  policyId: 'site-vehicles-first-sharing',
  rules: [URGENT_TASK, URGENT_CHARGE, HIGH_TASK],
};

/** The description: servers first, unless charging is urgent. */
export const SERVERS_FIRST: Policy = {
  ...PLAIN_POLICY,
  policyId: 'site-servers-first',
  bands: { charge: 0, compute: 1 },
  rules: [URGENT_TASK, URGENT_CHARGE, HIGH_TASK],
};
