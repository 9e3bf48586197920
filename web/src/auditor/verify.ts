import canonicalize from 'canonicalize';
import type { Bill, CloseBody, Evidence, OpenBody, Station, Utility } from './api.ts';
import { batchChecks, billChecks } from './batch-checks.ts';
import { check, type Check } from './check.ts';
import { meterChecks } from './meter-checks.ts';
import { openingChecks, signedChecks } from './opening-checks.ts';
import { tariffCheck, type Tariff } from './tariff-check.ts';

export interface Inputs {
  readonly evidence: Evidence;
  /** The same session as other utilities' gateways tell it, by name. */
  readonly others: readonly { readonly name: string; readonly evidence: Evidence | undefined }[];
  /** Bills of the session's batch, where this gateway is of a party. */
  readonly bills: readonly Bill[];
  readonly stations: readonly Station[];
  /** The visited utility's that were valid when the session opened. */
  readonly tariffs: readonly Tariff[];
  readonly utilities: readonly Utility[];
}

/** What only parties have and must have alike; the header's text and each body are as they were hashed. */
const PRIVATE = ['openBody', 'settledBody', 'batchHeader', 'cdr'] as const;

/** Whether two gateways tell the same: of public records always, of private bodies where both have them. */
const tellsTheSame = (one: Evidence, other: Evidence): boolean => {
  const text = ({ record, opening, batch }: Evidence) => canonicalize([record, opening, batch ?? null]);
  return (
    text(one) === text(other) &&
    PRIVATE.every(
      (part) =>
        one[part] === undefined ||
        other[part] === undefined ||
        canonicalize(one[part]) === canonicalize(other[part]),
    )
  );
};

function agreement({ evidence, others }: Inputs): Check {
  const differing = others.filter((other) => other.evidence && !tellsTheSame(evidence, other.evidence));
  const silent = others.filter((other) => other.evidence === undefined);
  const count = others.length - silent.length;
  return check(
    'peers-agree',
    'Every utility’s own peer tells the same',
    differing.length > 0 ? false : count === 0 ? undefined : true,
    differing.length > 0
      ? `${differing.map(({ name }) => name).join(', ')} tells something else`
      : `${count + 1} gateways tell the same${silent.length > 0 ? `, ${silent.map(({ name }) => name).join(', ')} did not answer` : ''}`,
  );
}

function committed({ record, transactions }: Evidence): Check {
  const { openedBlock, endedBlock = openedBlock } = record;
  const valid = transactions.filter(({ valid: good }) => good).map(({ blockNumber }) => blockNumber);
  return check(
    'committed',
    'The session stands in blocks of the chain',
    valid.includes(openedBlock) && valid.includes(endedBlock),
    `valid in block ${valid.join(', ') || 'none'}`,
  );
}

/**
 * Check one session from what gateways tell, with nothing but the browser: no utility is trusted for the arithmetic.
 * The price itself is recomputed by `roamgrid verify` and was by the contract; the page checks its sums.
 */
export async function verifySession(inputs: Inputs): Promise<readonly Check[]> {
  const { evidence, bills, stations, tariffs, utilities } = inputs;
  const { record, openBody, settledBody, cdr } = evidence;
  const open = openBody === undefined ? undefined : (JSON.parse(openBody) as OpenBody);
  const close =
    settledBody === undefined ? undefined : (JSON.parse(settledBody) as { readonly close: CloseBody }).close;
  return [
    agreement(inputs),
    committed(evidence),
    ...(await openingChecks(evidence)),
    ...(record.state === 'closed' ? await batchChecks(evidence, close, bills) : []),
    ...(open === undefined ? [] : [tariffCheck(open, stations, tariffs)]),
    ...(open === undefined ? [] : await signedChecks(open, record, stations, utilities)),
    ...(open === undefined || close === undefined
      ? []
      : await meterChecks(open, close, stations, cdr?.meteredBy)),
    ...(open === undefined || close === undefined || cdr === undefined ? [] : billChecks(cdr, open, close)),
  ];
}
