import { join } from 'node:path';
import { cdrText, locationText, sessionText, tariffText, tokenText } from '../../objects/examples.fixture.ts';
import { own } from '../duke.ts';
import { until } from '../until.ts';
import type { DoorUnderTest } from '../world.ts';
import { createOperator } from './operator.ts';
import { freePort, startProcess } from './peer-process.ts';
import { createRows, type Exercised } from './rows.ts';

const INVITATION = 'token-of-an-invitation';
const PARTY = { country_code: 'DE', party_id: 'RHK' } as const;
const TOTAL = '{ "excl_vat": 3.90, "incl_vat": 4.641 }';

/** More tariffs than the package has in a page. */
const tariffs = (): readonly object[] =>
  Array.from({ length: 60 }, (_, at) => ({ ...(JSON.parse(tariffText()) as object), id: `Tariff-${at}` }));

const startPartner = async (python: string) => {
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const objects = {
    locations: [JSON.parse(locationText)],
    tariffs: tariffs(),
    sessions: [JSON.parse(sessionText)],
    cdrs: [JSON.parse(cdrText('C-1', TOTAL))],
    tokens: [{ ...(JSON.parse(tokenText) as object), ...PARTY }],
  };
  const args = [join(import.meta.dirname, 'partner.py'), String(port), INVITATION, JSON.stringify(objects)];
  const program = startProcess(python, args, {
    env: { OCPI_HOST: host, PROTOCOL: 'http', COUNTRY_CODE: PARTY.country_code, PARTY_ID: PARTY.party_id },
  });
  await until('the partner listens', () => program.lines.find((line) => line.includes('"ready"')));
  return {
    versionsUrl: `http://${host}/ocpi/versions`,
    took: (module: string) => program.lines.find((line) => line.includes(`{"took": "${module}"`)),
    close: () => program.close(),
  };
};

/** An operator and provider of 2.2.1 on a Python package: registration, pulls of each object and pushes of each. */
export const exercisePython = async (python: string, duke: DoorUnderTest): Promise<readonly Exercised[]> => {
  const partner = await startPartner(python);
  const rows = createRows();
  const operator = createOperator(duke, 'python', rows);
  try {
    await duke.operate('POST', '/operator/v1/partners', {
      partnerId: 'python',
      name: 'python',
      parties: ['DERHK'],
    });
    const isRegistered = ({ body }: { body: Readonly<Record<string, unknown>> }) =>
      body['state'] === 'registered';
    const invitation = { versionsUrl: partner.versionsUrl, token: INVITATION };
    await operator.ask('register there', '/registration', invitation, isRegistered);
    await operator.ask('rotate tokens', '/rotation', undefined, isRegistered);
    const takesAll =
      (count: number) => (body: { readonly faults: readonly string[]; readonly taken?: unknown }) =>
        Number(body.taken) === count && body.faults.length === 0;
    await operator.pull('locations', takesAll(1));
    await operator.pull('tariffs', takesAll(60));
    await operator.pull('sessions', takesAll(1));
    await operator.pull('tokens', takesAll(1));
    await operator.pull('cdrs', ({ faults }) => /cdr_location\/evse_uid/.test(faults.join()));
    const objects = {
      ...{ locations: locationText, tariffs: tariffText(), tokens: tokenText, sessions: sessionText },
      cdrs: cdrText('C-5', TOTAL),
    };
    for (const [module, text] of Object.entries(objects)) {
      await duke.operate('PUT', `/operator/v1/own/${module}`, { text: own(text), partnerId: 'python' });
      const took = await until(`the partner takes ${module}`, () => partner.took(module));
      rows.note(`push ${module}`, took.includes('"us"'), took);
    }
    const profile =
      '{"charging_rate_unit":"A","min_charging_rate":6,"charging_profile_period":[{"start_period":0,"limit":16}]}';
    await operator.ask(
      'charging profile: set',
      '/profiles/S-9',
      { kind: 'set', text: profile },
      ({ body }) => body['code'] === 'PARTNER_REFUSED',
    );
    await operator.ask('leave', '/end', { state: 'left' }, ({ body }) => body['state'] === 'left');
  } finally {
    await partner.close();
  }
  return rows.rows;
};
