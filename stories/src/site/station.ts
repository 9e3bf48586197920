import { startStage, type PlantLoad, type Stage, type StageOptions } from '@roamgrid/energy-controller/stage';

/** What the parts of the story share: a site over served devices, what flows there, and whether it adds up. */

export const LOADS = ['outlet', 'servers'] as const;
export const SOURCES = ['grid', 'sun', 'battery'] as const;
type SourceId = (typeof SOURCES)[number];

/** What flows at an instant by the devices' own meters, W as decimal strings. */
export type Flows = Readonly<Record<(typeof LOADS)[number] | SourceId, string>>;

/** An outlet and servers behind one connection, fed by 500 kW of the utility, 155 of sun and 100 of a battery. */
export const startStation = (folder: string, site: StageOptions['site'] = {}): Promise<Stage> =>
  startStage({
    folder,
    site,
    nodes: [
      { nodeId: 'site', kind: 'connection' },
      { nodeId: 'outlet', kind: 'outlet', parentId: 'site' },
      { nodeId: 'servers', kind: 'circuit', parentId: 'site' },
    ],
    loads: LOADS.map((id) => ({ loadId: id, nodeId: id, aloneW: 0n, claims: [] })),
  });

/** A load of the site, to change what it asks for. @throws Error when there is none of this id */
export const loadOf = ({ plant }: Stage, loadId: string): PlantLoad => {
  const load = plant.loads.get(loadId);
  if (load === undefined) throw new Error(`the site has no load ${loadId}`);
  return load;
};

/** Changes what a source of the site has, W. @throws Error when there is none of this id */
export const setAvailable = ({ plant }: Stage, sourceId: string, availableW: bigint): void => {
  const found = plant.sources.get(sourceId);
  if (found === undefined) throw new Error(`the site has no source ${sourceId}`);
  found.source = { ...found.source, availableW };
};

export const flowsOf = ({ plant }: Stage): Flows => ({
  outlet: plant.takesW('outlet').toString(),
  servers: plant.takesW('servers').toString(),
  grid: plant.givesW('grid').toString(),
  sun: plant.givesW('sun').toString(),
  battery: plant.givesW('battery').toString(),
});

export const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);

/** What loads take together, W. */
export const takenOf = (flows: Flows): bigint => sum(LOADS.map((name) => BigInt(flows[name])));
/** What sources give together, W. */
export const givenOf = (flows: Flows): bigint => sum(SOURCES.map((name) => BigInt(flows[name])));

/** Whether loads take what sources give, to the watt, and each source gives no more than it has. */
export const addsUp = (flows: Flows, has: Readonly<Record<SourceId, bigint>>): boolean =>
  [...LOADS, ...SOURCES].every((name) => /^\d+$/.test(flows[name])) &&
  SOURCES.every((name) => BigInt(flows[name]) <= has[name]) &&
  takenOf(flows) === givenOf(flows);
