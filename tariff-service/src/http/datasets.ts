import { createHash } from 'node:crypto';
import { ServiceError } from '@roamgrid/service-kit';
import { readTable } from '@roamgrid/service-kit/csv';
import { z } from 'zod';
import { type CsvOptions, loadCsv } from '../data/load-csv.ts';
import { type ColumnRole, inferSchema } from '../data/schema.ts';
import type { FileStore } from '../registry/store.ts';
import { createZone, UnknownZoneError, type Zone } from '../time/zone.ts';
import { datasetAnswer, type datasetRequest } from './api.ts';

/** A stored data set: how to read its file, and what was found in it. */
export const storedDataset = z.object({
  answer: datasetAnswer,
  zone: z.string(),
  csv: z.custom<CsvOptions>((value) => typeof value === 'object' && value !== null),
});
export type StoredDataset = z.infer<typeof storedDataset>;

/** Checks a file, infers the columns that were not named, and keeps it with its provenance. Sending it twice changes nothing. */
export async function addDataset(
  store: FileStore,
  request: z.output<typeof datasetRequest>,
): Promise<StoredDataset> {
  const bytes = Buffer.from(request.csv, 'utf8');
  const { csv } = mapColumns(bytes, request);
  const zone = zoneOf(request.zone);
  const loaded = loadCsv(bytes, zone, csv);
  if (!loaded.ok) throw new ServiceError('DATASET_REFUSED', `${loaded.error.code}: ${loaded.error.message}`);
  const key = JSON.stringify([request.area, request.zone, csv, loaded.value.provenance.sha256]);
  const datasetId = createHash('sha256').update(key).digest('hex').slice(0, 16);
  const columns = Object.fromEntries(
    Object.entries(csv).flatMap(([name, value]) =>
      name.endsWith('Column') ? [[name.slice(0, -6), value as string]] : [],
    ),
  );
  const { provenance, report, schema } = loaded.value;
  const answer = datasetAnswer.parse({ datasetId, area: request.area, columns, schema, provenance, report });
  const stored = { answer, zone: request.zone, csv };
  await store.write(bytes, 'datasets', `${datasetId}.csv`);
  await store.write(JSON.stringify(stored), 'datasets', `${datasetId}.json`);
  return stored;
}

export function findDataset(store: FileStore, datasetId: string): StoredDataset {
  const text = store.read('datasets', `${datasetId}.json`);
  if (text === undefined) throw new ServiceError('DATASET_UNKNOWN', `no data set ${datasetId}`);
  return storedDataset.parse(JSON.parse(text));
}

function zoneOf(name: string): Zone {
  try {
    return createZone(name);
  } catch (error) {
    if (error instanceof UnknownZoneError) throw new ServiceError('DATASET_REFUSED', error.message);
    throw error;
  }
}

function mapColumns(bytes: Uint8Array, request: z.output<typeof datasetRequest>): { csv: CsvOptions } {
  const { area: _area, zone: _zone, csv: _csv, timeColumn, valueColumn, ...given } = request;
  if (timeColumn !== undefined && valueColumn !== undefined)
    return { csv: { ...given, timeColumn, valueColumn } };
  const table = readTable(bytes);
  if (!table.ok) throw new ServiceError('DATASET_REFUSED', `${table.error.code}: ${table.error.message}`);
  const { header, rows } = table.value;
  const schema = inferSchema(
    header,
    rows.slice(0, 500).map(({ cells }) => cells),
  );
  const named = (role: ColumnRole): string | undefined => schema.find((column) => column.role === role)?.name;
  const [time, value] = [timeColumn ?? named('time'), valueColumn ?? named('value')];
  if (time === undefined || value === undefined) {
    const seen = schema.map((column) => `${column.name} (${column.type})`).join(', ');
    throw new ServiceError(
      'SCHEMA_UNCLEAR',
      `no ${time === undefined ? 'time' : 'value'} column stands out among ${seen}`,
    );
  }
  const [temperature, holiday, operator] = [named('temperature'), named('holiday'), named('operator')];
  return {
    csv: {
      ...(temperature !== undefined && { temperatureColumn: temperature }),
      ...(holiday !== undefined && { holidayColumn: holiday }),
      ...(operator !== undefined && { operatorColumn: operator }),
      ...given,
      timeColumn: time,
      valueColumn: value,
    },
  };
}
