import ts from 'typescript';
import { applyAllowances } from '../allowances.ts';
import type { Outcome, Problem } from '../problem.ts';
import { lineOf, readSources, walk } from '../program.ts';
import { sourcesOf } from '../workspaces.ts';
import { namesMoneyOrEnergy } from './names.ts';

const RULE = 'number-money';

/** How deep a type is looked into: `Promise<readonly number[]>` is two. */
const MAX_DEPTH = 4;

/** True when values of a type are numbers, or hold numbers: in a union, a list, a result of a call, a schema's output. */
const holdsNumber = (type: ts.Type, at: ts.Node, checker: ts.TypeChecker, depth = 0): boolean => {
  if (depth > MAX_DEPTH) return false;
  const inner = (part: ts.Type): boolean => holdsNumber(part, at, checker, depth + 1);
  if (type.flags & ts.TypeFlags.NumberLike) return true;
  if (type.isUnion()) return type.types.some(inner);
  if (checker.isArrayType(type) || checker.isTupleType(type)) {
    return checker.getTypeArguments(type as ts.TypeReference).some(inner);
  }
  if (type.getCallSignatures().length > 0)
    return type.getCallSignatures().some((call) => inner(call.getReturnType()));
  if (type.getSymbol()?.name === 'Promise')
    return checker.getTypeArguments(type as ts.TypeReference).some(inner);
  // A zod schema states what it parses to in `_output`.
  const output = type.getProperty('_output');
  return output !== undefined && inner(checker.getTypeOfSymbolAtLocation(output, at));
};

/** The name that a node gives to a value, when it gives one. */
const declaredName = (node: ts.Node): ts.Identifier | ts.StringLiteral | ts.PrivateIdentifier | undefined => {
  const declares =
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isPropertySignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isPropertyAssignment(node) ||
    ts.isShorthandPropertyAssignment(node) ||
    ts.isMethodSignature(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isGetAccessorDeclaration(node) ||
    ts.isFunctionDeclaration(node);
  const name = declares ? node.name : undefined;
  return name && (ts.isIdentifier(name) || ts.isStringLiteral(name) || ts.isPrivateIdentifier(name))
    ? name
    : undefined;
};

const nameOfExpression = (node: ts.Expression): string | undefined => {
  if (ts.isIdentifier(node)) return node.text;
  return ts.isPropertyAccessExpression(node) ? node.name.text : undefined;
};

/** `Number(totalMicros)`, which makes a number of money whatever it is then called. */
const convertsMoney = (node: ts.Node): string | undefined => {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
  const [argument] = node.arguments;
  if (!/^(?:Number|parseFloat|parseInt)$/.test(node.expression.text) || argument === undefined)
    return undefined;
  const name = nameOfExpression(argument);
  return name !== undefined && namesMoneyOrEnergy(name) ? `${node.expression.text}(${name})` : undefined;
};

const problemsOf = (path: string, file: ts.SourceFile, checker: ts.TypeChecker): readonly Problem[] => {
  const problems: Problem[] = [];
  walk(file, (node) => {
    const converted = convertsMoney(node);
    if (converted !== undefined) {
      const message = `${converted} makes a number of money or energy: keep the bigint`;
      problems.push({ file: path, line: lineOf(node), rule: RULE, message });
    }
    const name = declaredName(node);
    if (name === undefined || !namesMoneyOrEnergy(name.text)) return;
    const type = checker.getTypeAtLocation(name);
    if (!holdsNumber(type, name, checker)) return;
    const message = `${name.text} is ${checker.typeToString(type)}: money, energy and power are bigint`;
    problems.push({ file: path, line: lineOf(name), rule: RULE, message });
  });
  return problems;
};

/** Checks that nothing whose name ends in a unit of money, energy or power is a `number`. */
export const checkNumbers = (root: string, workspaces: readonly string[]): Outcome => {
  const files = sourcesOf(root, workspaces);
  const sources = readSources(root, files);
  const problems = files.flatMap((path) => {
    const file = sources.file(path);
    return applyAllowances(path, file, [RULE], problemsOf(path, file, sources.checker));
  });
  return { covered: `${files.length} files`, problems };
};
