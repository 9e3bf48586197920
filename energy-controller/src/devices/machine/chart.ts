import type { AnyTable } from './table.ts';

/** Mermaid takes a hyphen in a state's name for an operator. */
const node = (state: string): string => state.replaceAll('-', '_');

/** A table as a chart and, below it, what each state means. Markdown. */
export const chartOf = (table: AnyTable): string => {
  const states = Object.entries(table.states);
  const arrows = table.ways
    .filter(({ from, to }) => from !== 'any' && to !== 'same')
    .flatMap(({ from, on, to, when, tells }) =>
      (from as readonly string[]).map(
        (state) =>
          `    ${node(state)} --> ${node(to)}: ${on}${when === undefined ? '' : ` [${when}]`}${tells === undefined ? '' : ' / tells'}`,
      ),
    );
  const anywhere = table.ways
    .filter(({ from }) => from === 'any')
    .map(
      ({ on, to, when }) =>
        `${on}${when === undefined ? '' : ` [${when}]`} ${to === 'same' ? 'changes no state' : `leads to \`${to}\``}`,
    );
  const rows = states.map(([state, { says, isSafe, lasts }]) => {
    const until = lasts === undefined ? '' : `${lasts.ms / 1_000} s, then ${lasts.then.type}`;
    return `| \`${state}\` | ${says} | ${isSafe === true ? 'yes' : ''} | ${until} |`;
  });
  return [
    '```mermaid',
    'stateDiagram-v2',
    `    [*] --> ${node(table.initial.state)}`,
    ...arrows,
    '```',
    '',
    `From any state, unless it says otherwise: ${anywhere.join('; ')}.`,
    '',
    '| state | what is so | safe | lasts |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
};
