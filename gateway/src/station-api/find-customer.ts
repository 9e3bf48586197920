import { cinParts, isOutletService, parseCinEntry, serviceOf, type Cin } from '@roamgrid/domain';
import type { OutletService } from '@roamgrid/domain';
import type { DriverToken, SwipeRefusal } from '@roamgrid/wire';
import type { StationContext } from './context.ts';
import { refusal, refusalOfFailure } from './refusals.ts';

/** Whose swipe it is, and for what. */
export interface SwipingCustomer {
  readonly cin: Cin;
  readonly hun: string;
  readonly service: OutletService;
}

/** A customer by the number on the card, already read. */
export const customerOf = (cin: string): SwipingCustomer | SwipeRefusal => {
  const read = parseCinEntry(cin);
  if (!read.ok) return refusal('CIN_INVALID', `This customer number is not right: ${read.error.message}.`);
  const service = serviceOf(read.value);
  return isOutletService(service)
    ? { cin: read.value, hun: cinParts(read.value).utility, service }
    : refusal('SERVICE_NOT_IN_PORTFOLIO', `This card is for ${service}; this outlet charges cars.`);
};

/** A customer by a token, which its home alone can name: the own node, or a member with an agreement. */
export const customerByToken = async (
  { router, registry, utilityId, logger }: StationContext,
  swipeId: string,
  token: DriverToken,
  nowMs: number,
): Promise<SwipingCustomer | SwipeRefusal> => {
  const answer = await router.resolve({ token, homes: [...registry.partnersOf(utilityId, nowMs)] });
  if (!answer.ok) {
    logger.warn({ swipeId, failure: answer.failure.kind }, 'the router did not say whose token it is');
    return refusalOfFailure(answer.failure);
  }
  const { value } = answer;
  return value.outcome === 'known' ? customerOf(value.cin) : refusal(value.code, value.message);
};
