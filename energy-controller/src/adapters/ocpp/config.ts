import { CHARGING_MODES } from '@roamgrid/domain/power';
import { privateJwk } from '@roamgrid/service-kit/runtime';
import { powerWCodec, recordId, utilityId } from '@roamgrid/wire';
import { z } from 'zod';
import { outletPriorities } from '../outlet/config.ts';

/** One outlet of a station of OCPP, reached through the utility's door for such stations. Powers in watts, as decimal strings. */
export const ocppOutletConfig = z.strictObject({
  kind: z.literal('ocpp'),
  loadId: z.string().min(1).max(96),
  /** The outlet's node in the tree of limits. */
  nodeId: z.string().min(1).max(96),
  /** Of the operators' interface of the door, and by whom the door knows this controller: one of its `trusted`. */
  url: z.url(),
  utilityId,
  iss: z.string().min(1).max(64),
  key: privateJwk,
  stationId: recordId,
  /** As the station numbers it. */
  evse: z.int().min(1).max(1_000),
  /** What it may take while nobody says anything: its station is told so before anything else. */
  aloneW: powerWCodec,
  /** Least that is of use to a car there. */
  leastW: powerWCodec.prefault('0'),
  /** Id of the one profile that is set there; no other may have it at this station. */
  profileId: z.int().min(1).max(2_147_483_647),
  /** Above those of whoever else sets default profiles there. */
  stackLevel: z.int().min(0).max(1_000).default(0),
  /** A register that is not told anew for so long says nothing of what flows, ms: the station's sampling interval and some. */
  silentAfterMs: z.int().min(1_000).max(3_600_000).default(90_000),
  /** For an answer, ms: more than the door waits for a station. */
  timeoutMs: z.int().min(50).max(120_000).default(5_000),
  /** By the outlet's greatest power when absent. */
  mode: z.enum(CHARGING_MODES).optional(),
  priorities: outletPriorities,
  /** The same for all there, whatever their levels, where it is given. */
  priority: z.int().min(1).max(99).exactOptional(),
});
export type OcppOutletConfig = z.output<typeof ocppOutletConfig>;
