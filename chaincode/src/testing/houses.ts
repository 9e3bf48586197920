import {
  bodyHash,
  canonicalText,
  creditHolder,
  creditMove,
  DOCUMENT_TYPE,
  hashTree,
  houseBody,
  houseEntry,
  houseHeader,
  houseSeal,
  packBodies,
  sealBody,
  signDocument,
  signOcmf,
  type CreditMove,
  type HouseBody,
  type HouseEntry,
  type HouseHeader,
  type MeteredFlow,
} from '@roamgrid/wire';
import {
  AGREEMENT_ID,
  by,
  CHANNEL,
  DAY_MS,
  HOUR_MS,
  makeKey,
  NOW_MS,
  saltOf,
  SET_UP_MS,
  type TestKey,
  type Utility,
} from './parties.ts';

/** A house of Alabama Power's on Duke's grid: a panel that signs, a car whose meter counts what it gives, batches and credits. */

export const HOUSE_PAIR: Record<'vun' | 'hun', Utility> & { agreementId: string } = {
  ...{ vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID },
};
/** First instant of a house's first batch. */
export const HOUSE_FROM_MS = NOW_MS - 3 * HOUR_MS;
const CAR_METER = 'car-1';
const CAR_EVSE = 'US*ALP*EHOUSE*1';

export interface TestHouse {
  readonly houseRef: string;
  readonly panel: TestKey;
  readonly carMeter: TestKey;
  readonly body: HouseBody;
}

export const makeHouse = (name: string, panel = makeKey(`panel-${name}`)): TestHouse => {
  const carMeter = makeKey(`car-meter-${name}`);
  const houseRef = saltOf(`house ${name}`);
  const meter = {
    meterRef: 'car',
    of: 'ev',
    counts: 'in',
    meterId: CAR_METER,
    evseId: CAR_EVSE,
  } as const;
  const { kid: _kid, ...publicKey } = carMeter.jwk;
  const body: HouseBody = {
    houseRef,
    meters: [{ ...meter, publicKey: { ...publicKey, kid: carMeter.jwk.kid } }],
    salt: saltOf(`body ${name}`),
  };
  return { houseRef, panel, carMeter, body };
};

export const houseRegistration = (
  { houseRef, panel, body }: TestHouse,
  {
    panelKeys = [panel],
    nowMs = SET_UP_MS,
  }: { readonly panelKeys?: readonly TestKey[]; readonly nowMs?: number } = {},
) => {
  const sealed = sealBody(houseBody, body);
  return {
    caller: by('USALP', 'aaa'),
    verb: 'grid.registerHouse',
    nowMs,
    command: {
      ...HOUSE_PAIR,
      houseRef,
      untilMs: SET_UP_MS + 90 * DAY_MS,
      panelKeys: panelKeys.map(({ jwk }) => ({ ...jwk })),
      bodyHash: sealed.hash,
    },
    transient: { house: sealed.text },
  };
};

const noted = (label: string, atMs: number) => ({ atMs, salt: saltOf(`${label} ${atMs}`) });

/** The panel feeds the kitchen from the battery, a battery's state, the grid's demand, and what the grid gave by the panel's reading. */
export const entriesAt = (fromMs: number): readonly HouseEntry[] => [
  {
    ...noted('event', fromMs),
    kind: 'event',
    code: 'SOURCE_ORDERED',
    of: 'kitchen',
    to: 'ess',
    reason: 'peak price',
  },
  {
    ...{ ...noted('soc', fromMs + 1_000), kind: 'soc', of: 'ess', batteryRef: saltOf('battery') },
    ...{ storedWh: 6_000n, capacityWh: 10_000n },
  },
  { ...noted('demand', fromMs + 1_000), kind: 'demand', demandPermille: 810 },
  {
    ...{
      ...noted('flow', fromMs + 2_000),
      kind: 'flow',
      untilMs: fromMs + 900_000,
      meterRef: 'panel',
    },
    ...{ of: 'grid', counts: 'in', energyWh: 700n },
  },
];

/** The car gave 2 kWh in a quarter-hour, as its meter signed it, for the credit of its key. */
export const givenFlow = (
  { carMeter }: TestHouse,
  fromMs: number,
  car: TestKey | undefined,
  over: Partial<MeteredFlow> = {},
): MeteredFlow => {
  const untilMs = fromMs + 900_000;
  const [fromRegisterMilliWh, toRegisterMilliWh] = [5_000_000_400n, 5_002_000_900n];
  const reading = { sync: 'S' as const };
  const ocmf = signOcmf(
    {
      gateway: { model: 'test', serial: CAR_METER, version: '1' },
      meter: { vendor: 'test', model: 'test', serial: CAR_METER, firmware: '1' },
      ...{ page: 1, evseId: CAR_EVSE, sessionId: `given-${fromMs}` },
      readings: [
        { ...reading, atMs: fromMs, transaction: 'B', registerMilliWh: fromRegisterMilliWh },
        { ...reading, atMs: untilMs, transaction: 'E', registerMilliWh: toRegisterMilliWh },
      ],
    },
    carMeter.privateKey,
  );
  return {
    ...{
      ...noted('given', fromMs),
      kind: 'flow',
      untilMs,
      meterRef: 'car',
      of: 'ev',
      counts: 'in',
    },
    energyWh: 2_000n,
    signed: { fromMs, toMs: untilMs, fromRegisterMilliWh, toRegisterMilliWh, ocmf },
    ...(car !== undefined && { creditTo: creditHolder(car.jwk) }),
    ...over,
  };
};

export interface HouseBatchOptions {
  readonly number?: number;
  readonly previousHash?: string;
  readonly fromMs?: number;
  readonly entries?: readonly HouseEntry[];
  readonly header?: Partial<HouseHeader>;
  readonly signer?: TestKey;
}

export const houseBatch = async (house: TestHouse, options: HouseBatchOptions = {}) => {
  const { number = 1, previousHash, fromMs = HOUSE_FROM_MS, signer = house.panel } = options;
  const entries = options.entries ?? entriesAt(fromMs);
  const texts = entries.map((entry) => canonicalText(houseEntry, entry));
  const tree = hashTree(texts.map(bodyHash));
  const grid = (counts: 'in' | 'out'): bigint =>
    entries.reduce(
      (sum, entry) =>
        entry.kind === 'flow' && entry.of === 'grid' && entry.counts === counts ? sum + entry.energyWh : sum,
      0n,
    );
  const header = sealBody(houseHeader, {
    ...{ houseRef: house.houseRef, number, fromMs, untilMs: fromMs + HOUR_MS },
    ...(previousHash !== undefined && { previousHash }),
    ...{ gridInWh: grid('in'), gridOutWh: grid('out'), merkleRoot: tree.root },
    salt: saltOf(`header ${number}`),
    ...options.header,
  });
  const { houseRef } = house;
  const seal = await signDocument(
    houseSeal,
    DOCUMENT_TYPE.houseBatch,
    { houseRef, number, headerHash: header.hash },
    { kid: signer.jwk.kid, key: signer.privateKey },
  );
  return {
    headerHash: header.hash,
    texts,
    tree,
    record: {
      caller: by('USDUK', 'aaa'),
      verb: 'grid.recordHouse',
      command: {
        ...{ ...HOUSE_PAIR, houseRef, number },
        ...(previousHash !== undefined && { previousHash }),
        ...{ headerHash: header.hash, merkleRoot: tree.root, seal, count: entries.length },
      },
      transient: {
        header: header.text,
        entries: packBodies(texts),
        house: sealBody(houseBody, house.body).text,
      },
    },
  };
};
type HouseBatch = Awaited<ReturnType<typeof houseBatch>>;

/** The credit of one of a batch's flows. */
export const creditGrant = (
  { houseRef }: TestHouse,
  { texts, tree }: HouseBatch,
  flow: MeteredFlow,
  number = 1,
) => {
  const text = canonicalText(houseEntry, flow);
  const index = texts.indexOf(text);
  return {
    caller: by('USALP', 'aaa'),
    verb: 'grid.grantCredit',
    command: {
      ...{ ...HOUSE_PAIR, houseRef, number },
      creditId: bodyHash(flow.signed?.ocmf ?? ''),
      wh: flow.energyWh.toString(),
      holder: flow.creditTo ?? saltOf('nobody'),
    },
    transient: { entry: text, path: JSON.stringify(tree.pathTo(Math.max(index, 0))) },
  };
};

type Part = CreditMove['parts'][number];
export const partOf = (creditId: string, fromWh: bigint, toWh: bigint, holdingFromWh = 0n): Part => ({
  ...{ creditId, holdingFromWh, fromWh, toWh },
});

/** A move that the owner signs, told by some member. */
export const creditMoveCall = async (
  owner: TestKey,
  to: TestKey,
  moveId: string,
  parts: readonly Part[],
  over: Partial<CreditMove> = {},
) => {
  const order = await signDocument(
    creditMove,
    DOCUMENT_TYPE.creditMove,
    {
      ...{ moveId, channel: CHANNEL, to: creditHolder(to.jwk), parts: [...parts] },
      validUntilMs: NOW_MS + HOUR_MS,
      ...over,
    },
    { kid: owner.jwk.kid, key: owner.privateKey },
  );
  return {
    caller: by('USDUK', 'aaa'),
    verb: 'grid.moveCredit',
    command: { order, key: { ...owner.jwk } },
  };
};
