import type { CommandAnswer } from '../commands/answer.ts';

interface Named {
  readonly name: string;
  readonly instance?: string;
}

/** `Component.Variable` or `Component/instance.Variable`; a name without a point is a variable of the station. */
const variableOf = (name: string): { readonly component: Named; readonly variable: Named } => {
  const [left = '', ...right] = name.split('.');
  if (right.length === 0) return { component: { name: 'ChargingStation' }, variable: { name } };
  const [component = '', instance] = left.split('/');
  return {
    component: { name: component, ...(instance === undefined ? {} : { instance }) },
    variable: { name: right.join('.') },
  };
};

export const getVariables = (names: readonly string[]): object => ({
  getVariableData: names.map(variableOf),
});

export const setVariable = (name: string, value: string): object => ({
  setVariableData: [{ ...variableOf(name), attributeValue: value }],
});

interface Result {
  readonly attributeStatus: string;
  readonly attributeValue?: string;
  readonly component: Named;
  readonly variable: Named;
}

interface Results {
  readonly getVariableResult?: readonly Result[];
  readonly setVariableResult?: readonly Result[];
}

const GOOD = new Set(['Accepted', 'RebootRequired']);
const nameOf = ({ component, variable }: Result): string =>
  `${component.name}${component.instance === undefined ? '' : `/${component.instance}`}.${variable.name}`;

/** One that is unknown makes no failure of the others; where none is good, the whole is refused. */
export const readVariables = ({ getVariableResult, setVariableResult }: Results): CommandAnswer => {
  const results = getVariableResult ?? setVariableResult ?? [];
  return {
    outcome: results.some(({ attributeStatus }) => GOOD.has(attributeStatus)) ? 'accepted' : 'rejected',
    settings: results.map((result) => ({
      name: nameOf(result),
      said: result.attributeStatus,
      ...(result.attributeValue === undefined ? {} : { value: result.attributeValue }),
    })),
  };
};
