import type { Allocation } from '@roamgrid/domain/power';

/** A decision of a site, with what became of telling it. */
export interface Decision {
  readonly atMs: number;
  readonly allocation: Allocation;
  /** Most that the connection may carry by the cloud's word or the local rule, W. */
  readonly connectionW: bigint | undefined;
  readonly silentLoads: readonly string[];
  readonly silentSources: readonly string[];
  /** What the next tick counts, W: of those that answered what they were told, of the others what they may be taking. */
  readonly countedW: bigint;
  /** Nothing was raised, because what may be taken already was not sure to fit. */
  readonly isHeldBack: boolean;
}
