import type { CommandAnswer } from '../commands/answer.ts';

interface Named {
  readonly name: string;
  readonly instance?: string;
}

const named = (text: string): Named => {
  const [name = '', instance] = text.split('/');
  return { name, ...(instance === undefined ? {} : { instance }) };
};

/** `Component.Variable`, each as `Name/instance` where it has one; a name without a point is a variable of the station. */
const variableOf = (name: string): { readonly component: Named; readonly variable: Named } => {
  const [left = '', ...right] = name.split('.');
  return right.length === 0
    ? { component: { name: 'ChargingStation' }, variable: named(name) }
    : { component: named(left), variable: named(right.join('.')) };
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
const textOf = ({ name, instance }: Named): string => (instance === undefined ? name : `${name}/${instance}`);
const nameOf = ({ component, variable }: Result): string => `${textOf(component)}.${textOf(variable)}`;

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
