import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  currencyCode,
  energyMilliWhCodec,
  evseId,
  instantMs,
  microsCodec,
  meteredBy,
  naturalMicrosCodec,
  recordId,
  sessionId,
  sha256Hex,
  type AssertionClaims,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { CommandOutcome, RemoteStarts } from '../model/station-desk.ts';
import { listBooked } from '../store/booked.ts';
import { listUnbilled } from '../store/books.ts';
import { listCostDifferences } from '../store/cost-differences.ts';
import { listGivenBack } from '../store/given-back.ts';
import { listDueEnds } from '../store/ends.ts';
import type { Db } from '../store/tables.ts';
import { listTransactions, type ListedTransaction } from '../store/transactions.ts';
import { gainOf } from './register-track.ts';
import { UNBILLED_CODES } from './transaction.ts';

/** `GET /operator/v1/booked` */
export const bookedList = z.strictObject({
  booked: z.array(
    z.strictObject({
      number: z.int(),
      stationId: z.string(),
      reservationId: recordId,
      evseId,
      waitsUntilMs: instantMs,
      state: z.enum(['due', 'kept', 'used', 'gone']),
      said: z.string().exactOptional(),
      toldSinceMs: instantMs.exactOptional(),
    }),
  ),
});

const texts = z.array(z.strictObject({ language: z.string(), text: z.string() }));
const tokenStatus = z.enum([
  'accepted',
  'blocked',
  'expired',
  'invalid',
  'concurrent',
  'no-credit',
  'not-allowed-here',
  'try-later',
]);

const offerAsk = z.strictObject({
  outlet: z.strictObject({ evse: z.int().min(1), connector: z.int().min(1).exactOptional() }),
  token: z.strictObject({
    type: z.enum(['cin', 'emaid', 'rfid', 'app']),
    value: z.string().min(1).max(255),
  }),
});
const remoteOffer = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('offer'),
    remoteStart: z.int(),
    quoteHash: sha256Hex,
    validUntilMs: instantMs,
    texts,
  }),
  z.strictObject({ outcome: z.literal('refused'), status: tokenStatus, code: z.string(), texts }),
]);

const OUTCOMES = [
  'accepted',
  'rejected',
  'unsupported',
  'unreachable',
] as const satisfies readonly CommandOutcome[];

const unbilledView = z.strictObject({
  transactionId: z.string(),
  code: z.enum(UNBILLED_CODES),
  stationId: recordId,
  evseId: evseId.nullable(),
  milliWh: energyMilliWhCodec,
  detail: z.string(),
  notedAtMs: instantMs,
});
const costDifferenceView = z.strictObject({
  sessionId,
  stationId: recordId,
  evseId,
  currency: currencyCode,
  billedMicros: microsCodec,
  saidCurrency: z.string(),
  saidMicros: microsCodec,
  notedAtMs: instantMs,
});
const givenBackView = z.strictObject({
  transactionId: z.string(),
  sessionId: sessionId.nullable(),
  stationId: recordId,
  evseId: evseId.nullable(),
  milliWh: energyMilliWhCodec,
  fromMs: instantMs,
  untilMs: instantMs,
  signed: z.array(z.string()),
  notedAtMs: instantMs,
});
const transactionView = z.strictObject({
  transactionId: z.string(),
  stationId: recordId,
  evseId: evseId.nullable(),
  state: z.enum(['waiting', 'starting', 'open', 'closed']),
  isCharging: z.boolean(),
  beganAtMs: instantMs.nullable(),
  lastAtMs: instantMs,
  /** What its registers moved by. */
  milliWh: energyMilliWhCodec,
  sessionId: sessionId.nullable(),
  /** Why it is no session, or none any more. */
  refusal: z.enum(UNBILLED_CODES).nullable(),
  /** What became of the session's end; null while it charges. */
  end: z
    .strictObject({
      state: z.enum(['due', 'taken', 'dropped']),
      /** Whose statement was told: of the outlet's own meter, or the operator's. */
      meteredBy,
      totalMicros: naturalMicrosCodec.nullable(),
      currency: currencyCode,
    })
    .nullable(),
});
/** `GET /operator/v1/transactions` */
export const transactionList = z.strictObject({ transactions: z.array(transactionView) });
/** `GET /operator/v1/unbilled` */
export const unbilledList = z.strictObject({ unbilled: z.array(unbilledView) });
const endView = z.strictObject({ sessionId, stationId: recordId, evseId, refusal: z.string().nullable() });

/** So many of each list are told, newest first. */
const LISTED = 500;

const viewOf = ({ transaction, end }: ListedTransaction): z.output<typeof transactionView> => {
  const { transactionId, stationId, evseId: outlet, state, body } = transaction;
  const { told, imported, refusal, isCharging, begunAtMs, lastAtMs } = body;
  return {
    ...{ transactionId, stationId, evseId: outlet, state, isCharging, lastAtMs },
    beganAtMs: begunAtMs ?? null,
    milliWh: gainOf(imported),
    sessionId: told?.sessionId ?? null,
    refusal: refusal?.code ?? null,
    end: end === undefined || told === undefined ? null : { ...end, currency: told.currency },
  };
};

/** What who runs the stations sees of their transactions, and how an app's start comes to them. */
export const sessionRoutes = (
  db: Db,
  remoteStarts: RemoteStarts,
  auth: Auth<AssertionClaims>,
): readonly Route[] => [
  route({
    method: 'post',
    path: '/operator/v1/stations/{stationId}/offers',
    summary:
      'What a driver, who asks from an app, can have at an outlet; asked again, it is the same while it is open',
    auth,
    params: z.object({ stationId: recordId }),
    body: offerAsk,
    answers: { 200: remoteOffer },
    handler: async ({ params, body: { outlet: number, token } }) => {
      const { evse, connector } = number;
      const outlet = connector === undefined ? { evse } : { evse, connector };
      const offer = await remoteStarts.offer(params.stationId, { outlet, token });
      return reply(200, { ...offer, texts: [...offer.texts] });
    },
  }),
  route({
    method: 'post',
    path: '/operator/v1/offers/{remoteStart}/start',
    summary: 'The driver agreed to that very price: the station is told to start',
    auth,
    params: z.object({ remoteStart: z.coerce.number().int().min(1).max(2_147_483_647) }),
    body: z.strictObject({ quoteHash: sha256Hex }),
    answers: { 200: z.strictObject({ outcome: z.enum(OUTCOMES) }) },
    handler: async ({ params, body }) =>
      reply(200, { outcome: await remoteStarts.start(params.remoteStart, body.quoteHash) }),
  }),
  route({
    method: 'get',
    path: '/operator/v1/transactions',
    summary: 'Transactions of the stations, newest first: what flowed, in which session, and by whose word',
    auth,
    answers: { 200: transactionList },
    handler: async () =>
      reply(200, { transactions: (await listTransactions(db, LISTED)).map((each) => viewOf(each)) }),
  }),
  route({
    method: 'get',
    path: '/operator/v1/unbilled',
    summary: 'Energy that flowed at stations and that nobody is billed for, with why',
    auth,
    answers: { 200: unbilledList },
    handler: async () => reply(200, { unbilled: [...(await listUnbilled(db, LISTED))] }),
  }),
  route({
    method: 'get',
    path: '/operator/v1/given-back',
    summary: 'Energy that cars gave back in transactions that are over: metered, and not settled',
    auth,
    answers: { 200: z.strictObject({ givenBack: z.array(givenBackView) }) },
    handler: async () => {
      const givenBack = await listGivenBack(db, LISTED);
      return reply(200, { givenBack: givenBack.map((given) => ({ ...given, signed: [...given.signed] })) });
    },
  }),
  route({
    method: 'get',
    path: '/operator/v1/cost-differences',
    summary: 'Sessions for which a station calculated another cost by itself than was billed',
    auth,
    answers: { 200: z.strictObject({ differences: z.array(costDifferenceView) }) },
    handler: async () => reply(200, { differences: [...(await listCostDifferences(db, LISTED))] }),
  }),
  route({
    method: 'get',
    path: '/operator/v1/booked',
    summary: 'What is booked at stations, and what each said to keeping its outlet',
    auth,
    answers: { 200: bookedList },
    handler: async () => {
      const booked = await listBooked(db, LISTED);
      // Whoever knows a tag could come in its holder's place.
      return reply(200, { booked: booked.map(({ tag: _tag, ...shown }) => shown) });
    },
  }),
  route({
    method: 'get',
    path: '/operator/v1/session-ends',
    summary: 'Ends of sessions that the gateway has not taken yet',
    auth,
    answers: { 200: z.strictObject({ ends: z.array(endView) }) },
    handler: async () => reply(200, { ends: [...(await listDueEnds(db, LISTED))] }),
  }),
];
