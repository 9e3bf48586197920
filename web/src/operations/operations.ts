import { facts, h } from '../shared/dom.ts';
import { day, duration, money } from '../shared/format.ts';
import { find, load, wordsOf } from '../shared/load.ts';
import { table } from '../shared/table.ts';
import { hourText, loadChart, tariffChart } from './charts.ts';
import { ocppParts } from './ocpp.ts';
import type { ModelCard, OperationsState, PolicyView, TariffVersionView } from './state.ts';
import { tamperingParts } from './tampering.ts';
import { hasNewUnbilled, unbilledParts } from './unbilled.ts';

/**
 * Operations page of a utility: load, forecast, tariff and limits, next changes, data quality, sessions that nobody pays for,
 * tampering with sites, stations that speak OCPP, model card; live.
 */

const EVERY_MS = 15_000;
const OCPP_TITLE = 'Stations that speak OCPP';
const CARD_PADDING_PX = 60;
const WIDEST_PX = 920;

const card = (title: string, ...children: Node[]): HTMLElement => {
  const id = `card-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return h('section', { class: 'card', 'aria-labelledby': id }, h('h2', { id }, title), ...children);
};

const widthOf = (main: HTMLElement): number =>
  Math.max(260, Math.min(WIDEST_PX, main.clientWidth - CARD_PADDING_PX));

const figure = (value: number | null, unit: string): string =>
  value === null ? 'not known' : `${value.toFixed(2)}${unit}`;

function loadCard(state: OperationsState, width: number): HTMLElement {
  const { forecast } = state;
  const days = forecast.state === 'ready' ? forecast.days : [];
  const parts: Node[] = [loadChart(state, days, width)];
  if (forecast.state === 'working')
    parts.push(h('p', { class: 'lead pulse' }, 'The model is being trained on the recorded load …'));
  if (forecast.state === 'failed') parts.push(h('p', { class: 'bad' }, `No forecast: ${forecast.why}`));
  if (days.length > 0)
    parts.push(
      table(
        'Forecasts',
        ['Day', 'Data known until', 'Method', 'Weather', 'Hash'],
        days.map(({ day, gateMs, method, weather, weatherNotes, forecastHash }) => [
          day,
          hourText(gateMs, state.timeZone),
          method,
          [weather, ...weatherNotes].join('; '),
          `${forecastHash.slice(0, 12)}…`,
        ]),
      ),
    );
  return card('Load and forecast', ...parts);
}

const madeBy = ({ policyId }: TariffVersionView): string => policyId ?? 'none: a fixed price list';
const madeFrom = ({ forecastHash }: TariffVersionView): string =>
  forecastHash === undefined ? 'none' : `${forecastHash.slice(0, 12)}…`;

function tariffCard(
  { tariff, nextTariffs, localTariffs, limits, nowMs, timeZone }: OperationsState,
  width: number,
): HTMLElement {
  if (tariff === undefined) return card('Tariff and limits', h('p', {}, 'No tariff is in force.'));
  const price = (micros: string) => `${money(micros, tariff.currency, undefined, 5)} per kWh`;
  return card(
    'Tariff and limits',
    tariffChart(tariff, limits, nowMs, { width, timeZone }),
    table(
      'Tariff versions in force and to come',
      ['Tariff', 'For', 'From', 'Made by policy', 'From forecast', 'Bound under'],
      [tariff, ...nextTariffs, ...localTariffs].map((each) => [
        `${each.tariffId} version ${each.version}`,
        each.appliesTo ?? 'every outlet',
        each.validFromMs <= nowMs ? 'in force' : hourText(each.validFromMs, timeZone),
        madeBy(each),
        madeFrom(each),
        each.boundUnder.join(', '),
      ]),
    ),
    table(
      'Agreed limits',
      ['Agreement', 'Floor', 'Ceiling', 'Largest step', 'Notice', 'Follows the grid'],
      limits.map((each) => [
        each.agreementId,
        price(each.floorMicrosPerKWh),
        price(each.ceilingMicrosPerKWh),
        price(each.maxStepMicrosPerKWh),
        duration(each.noticeMs),
        each.adaptationVersion === undefined ? 'no' : `rule ${each.adaptationVersion}`,
      ]),
      1,
    ),
  );
}

type Published = NonNullable<OperationsState['publication']>['days'][number];

const outcomeOf = (each: Published, timeZone: string): string => {
  const version =
    each.version === undefined || each.validFromMs === undefined
      ? ''
      : `version ${each.version} from ${hourText(each.validFromMs, timeZone)}`;
  switch (each.state) {
    case 'published':
      return `published: ${version}`;
    case 'refused':
      return `refused: ${version}. ${each.why ?? ''}`;
    case 'frozen':
      return `the tariff stays as it was${each.isRetried === true ? ', tried again' : ''}. ${each.why ?? ''}`;
  }
};

function policyFacts(policy: PolicyView): HTMLElement {
  const price = (micros: string) => `${money(micros, policy.currency, undefined, 3)} per kWh`;
  return facts([
    ['Policy', policy.policyId],
    ['Reviewed by', policy.reviewer],
    ['Base price', price(policy.baseMicrosPerKWh)],
    ['Between', `${price(policy.floorMicrosPerKWh)} and ${price(policy.ceilingMicrosPerKWh)}`],
    ['Step from hour to hour', `at most ${price(policy.maxStepMicrosPerKWh)}`],
    ['Notice', duration(policy.noticeMinutes * 60_000)],
  ]);
}

function publicationCard({ policy, publication, timeZone }: OperationsState): HTMLElement {
  const parts: Node[] = [
    policy === undefined
      ? h('p', { class: 'bad' }, 'No reviewed policy is in force: no tariff is made.')
      : policyFacts(policy),
  ];
  if (publication !== undefined) {
    const troubled = publication.days.filter(({ state }) => state !== 'published');
    parts.push(
      h(
        'p',
        { class: troubled.length === 0 ? 'good' : 'bad' },
        publication.days.length === 0
          ? `Nothing is published yet. The next gate is ${hourText(publication.nextGateMs, timeZone)}.`
          : `${
              troubled.length === 0
                ? 'Every tariff that was due is published.'
                : `${troubled.length} of ${publication.days.length} days have no tariff of their own: the standing one holds.`
            } The next gate is ${hourText(publication.nextGateMs, timeZone)}.`,
      ),
    );
    if (publication.days.length > 0)
      parts.push(
        table(
          'Daily publication',
          ['Day', 'Outcome'],
          publication.days.map((each) => [each.day, outcomeOf(each, timeZone)]),
        ),
      );
  }
  return card('Policy and publication', ...parts);
}

function changesCard({ changes, tariff, timeZone }: OperationsState): HTMLElement {
  if (tariff === undefined || changes.length === 0)
    return card('Next changes', h('p', {}, 'The price does not change in the next day.'));
  const price = (micros: string) => money(micros, tariff.currency, undefined, 5);
  return card(
    'Next changes',
    table(
      'Price changes in the next day, per kWh',
      ['When', 'From', 'To', 'Direction'],
      changes.map(({ atMs, fromMicrosPerKWh, toMicrosPerKWh }) => [
        hourText(atMs, timeZone),
        price(fromMicrosPerKWh),
        price(toMicrosPerKWh),
        BigInt(toMicrosPerKWh) > BigInt(fromMicrosPerKWh) ? 'up' : 'down',
      ]),
      1,
    ),
  );
}

function qualityCard({ quality, nowMs }: OperationsState): HTMLElement {
  const { latestAtMs, missingHours, expectedHours, history } = quality;
  const state = h(
    'p',
    { class: missingHours === 0 ? 'good' : 'bad' },
    missingHours === 0
      ? 'Every hour of the last two days is on the ledger.'
      : `${missingHours} of the last ${expectedHours} hours are missing: sessions then settle by the last good value, or the tariff stands.`,
  );
  return card(
    'Data quality',
    state,
    facts([
      [
        'Latest reading',
        latestAtMs === undefined ? 'none' : `${duration(Math.max(0, nowMs - latestAtMs))} ago`,
      ],
      ...(history === undefined
        ? []
        : ([
            ['Rows learnt from', String(history.rows)],
            ['Missing', String(history.missing)],
            ['Of bad quality', String(history.badQuality)],
            ['Duplicates', String(history.duplicates)],
            ['SHA-256 of the file', `${history.sha256.slice(0, 12)}…`],
          ] as const)),
    ]),
  );
}

function modelCard(model: ModelCard | undefined): HTMLElement {
  if (model === undefined) return card('Model card', h('p', {}, 'No model is in force yet.'));
  return card(
    'Model card',
    facts([
      ['Version', model.modelId],
      ['State', model.status],
      ['Data until', day(Date.parse(model.dataCutUtc))],
      ['Trained', day(Date.parse(model.trainedAt))],
      ['Features', String(model.features)],
      ['Gate', `${model.gate} of the day before`],
      ['Scored on', `${model.scoredFrom} to ${model.scoredTo}`],
      ['Mean error (MAPE)', figure(model.mapePercent, ' %')],
      ['Against weekly naive (MASE)', figure(model.maseWeeklyNaive, '')],
      ['80 % range holds', figure(model.coverage80Percent, ' %')],
    ]),
    h('p', { class: 'lead' }, model.note),
  );
}

let shown: OperationsState | undefined;

/** Tables that the reader opened, by the words of their summary: they stay open when the numbers change. */
const openTables = (main: HTMLElement): ReadonlySet<string> =>
  new Set([...main.querySelectorAll('details[open] > summary')].map((summary) => summary.textContent));

function render(main: HTMLElement, state: OperationsState): void {
  const open = openTables(main);
  const focused = document.activeElement?.closest('summary')?.textContent;
  const width = widthOf(main);
  main.replaceChildren(
    h('h1', {}, `${state.utilityName}: grid and tariff`),
    h('p', { class: 'lead' }, `Area ${state.areaId}, ${hourText(state.nowMs, state.timeZone)} local time`),
    loadCard(state, width),
    tariffCard(state, width),
    publicationCard(state),
    h('div', { class: 'two' }, changesCard(state), qualityCard(state)),
    card('Sessions that nobody pays for', ...unbilledParts(state.unbilled)),
    card('Tampering', ...tamperingParts(state.tampering)),
    card(OCPP_TITLE, ...ocppParts(state.ocpp, state.utilityName)),
    modelCard(state.model),
  );
  for (const summary of main.querySelectorAll('summary')) {
    const words = summary.textContent;
    if (open.has(words)) summary.parentElement?.setAttribute('open', '');
    if (words === focused) summary.focus();
  }
}

const troubles = ({ publication }: OperationsState): number =>
  publication?.days.filter(({ state }) => state !== 'published').length ?? 0;

/** What is said aloud: changes that matter, not every number. */
function announce(before: OperationsState | undefined, now: OperationsState): void {
  const said = [
    before !== undefined && before.forecast.state !== now.forecast.state && now.forecast.state === 'ready'
      ? 'The forecast is ready.'
      : '',
    before?.tariff !== undefined &&
    (before.tariff.tariffId !== now.tariff?.tariffId || before.tariff.version !== now.tariff.version)
      ? 'Another tariff version is in force.'
      : '',
    before !== undefined && troubles(now) > troubles(before) ? 'A tariff could not be published.' : '',
    before !== undefined && hasNewUnbilled(before.unbilled, now.unbilled)
      ? 'A session ended that nobody pays for.'
      : '',
  ].filter((each) => each !== '');
  if (said.length > 0) find('news').textContent = said.join(' ');
}

async function refresh(main: HTMLElement): Promise<void> {
  try {
    const state = await load<OperationsState>('/operations/v1/state');
    announce(shown, state);
    shown = state;
    render(main, state);
    find('stale').hidden = true;
  } catch (error) {
    if (shown === undefined)
      main.replaceChildren(
        h('section', { class: 'card problem', role: 'alert' }, h('p', {}, wordsOf(error))),
      );
    find('stale').hidden = shown === undefined;
  }
}

const main = find('main');
let lastWidth = 0;
new ResizeObserver(() => {
  const width = widthOf(main);
  if (shown !== undefined && width !== lastWidth) render(main, shown);
  lastWidth = width;
}).observe(main);
await refresh(main);
setInterval(() => void refresh(main), EVERY_MS);
