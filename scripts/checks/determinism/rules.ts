import ts from 'typescript';

/**
 * What chaincode must not do: peers that endorse one proposal at different times on different machines must write the
 * same bytes. Each rule looks at one node and says what is wrong with it, or nothing.
 * Spec: Hyperledger Fabric, chaincode for developers; `fabric-contract-api` runs the contract on every endorser.
 */
export type Rule = (node: ts.Node, checker: ts.TypeChecker) => string | undefined;

/** True when a name means the runtime's own object and not something that the project declared. */
const isGlobal = (node: ts.Identifier, checker: ts.TypeChecker): boolean => {
  const declarations = checker.getSymbolAtLocation(node)?.declarations ?? [];
  return declarations.every((declaration) => declaration.getSourceFile().isDeclarationFile);
};

/** `Math.random` for a property of a global, and `node:crypto`'s `randomUUID` as `.randomUUID`. */
const memberOf = (node: ts.Node, checker: ts.TypeChecker): string | undefined => {
  if (!ts.isPropertyAccessExpression(node)) return undefined;
  const { expression, name } = node;
  return ts.isIdentifier(expression) && isGlobal(expression, checker)
    ? `${expression.text}.${name.text}`
    : undefined;
};

const isReference = (node: ts.Identifier): boolean => {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  return ts.isExpression(parent) || ts.isExpressionStatement(parent) || ts.isVariableDeclaration(parent);
};

const CLOCK = /^(?:Date\.now|performance\.\w+|process\.(?:hrtime|uptime)|Temporal\.Now)$/;
const LOCAL_TIME =
  /^(?:get|set)(?:FullYear|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds|TimezoneOffset)$/;
const TIMERS = /^(?:setTimeout|setInterval|setImmediate|requestAnimationFrame)$/;
const RANDOM = /^(?:random(?:Bytes|UUID|Int|Fill|FillSync)|getRandomValues|generateKey(?:Pair)?(?:Sync)?)$/;
const SURROUNDINGS = /^(?:process\.(?:env|cwd|platform|argv|pid|memoryUsage)|globalThis\.\w+)$/;
const INEXACT_MATH =
  /^Math\.(?:sqrt|cbrt|pow|exp|expm1|log|log2|log10|log1p|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|hypot|fround)$/;

const isBigInt = (node: ts.Node, checker: ts.TypeChecker): boolean =>
  (checker.getTypeAtLocation(node).flags & ts.TypeFlags.BigIntLike) !== 0;

const clock: Rule = (node, checker) => {
  const member = memberOf(node, checker);
  if (member !== undefined && CLOCK.test(member))
    return `${member} reads the clock: take the transaction's timestamp`;
  if (
    ts.isNewExpression(node) &&
    (node.arguments?.length ?? 0) === 0 &&
    node.expression.getText() === 'Date'
  ) {
    return 'new Date() reads the clock: take the transaction’s timestamp';
  }
  if (ts.isCallExpression(node) && node.expression.getText() === 'Date') return 'Date() reads the clock';
  if (ts.isIdentifier(node) && TIMERS.test(node.text) && isReference(node) && isGlobal(node, checker)) {
    return `${node.text} runs at a time of this machine`;
  }
  return undefined;
};

const randomness: Rule = (node, checker) => {
  if (memberOf(node, checker) === 'Math.random')
    return 'Math.random differs on every peer: take it as a parameter';
  if (ts.isPropertyAccessExpression(node) && RANDOM.test(node.name.text))
    return `${node.name.text} differs on every peer`;
  if (ts.isImportSpecifier(node) && RANDOM.test((node.propertyName ?? node.name).text)) {
    return `${(node.propertyName ?? node.name).text} differs on every peer: take it as a parameter`;
  }
  return undefined;
};

const locale: Rule = (node, checker) => {
  if (ts.isIdentifier(node) && node.text === 'Intl' && isReference(node) && isGlobal(node, checker)) {
    return 'Intl depends on the peer’s ICU data';
  }
  if (memberOf(node, checker) === 'Date.parse') return 'Date.parse may read a text in the peer’s time zone';
  if (!ts.isPropertyAccessExpression(node)) return undefined;
  const name = node.name.text;
  if (name === 'localeCompare' || name.startsWith('toLocale')) return `${name} depends on the peer’s locale`;
  if (LOCAL_TIME.test(name)) return `${name} depends on the peer’s time zone: use the UTC one`;
  if (name.startsWith('toZonedDateTime')) return `${name} depends on the peer’s time zone data`;
  return undefined;
};

const surroundings: Rule = (node, checker) => {
  const member = memberOf(node, checker);
  if (member !== undefined && SURROUNDINGS.test(member)) return `${member} differs between peers`;
  if (ts.isIdentifier(node) && node.text === 'fetch' && isReference(node) && isGlobal(node, checker)) {
    return 'fetch asks the world, which answers each peer differently';
  }
  return undefined;
};

const float: Rule = (node, checker) => {
  if (ts.isNumericLiteral(node) && !Number.isInteger(Number(node.text)))
    return `${node.getText()} is a fraction: use integers`;
  if (ts.isCallExpression(node) && /^(?:Number\.)?parseFloat$/.test(node.expression.getText())) {
    return 'parseFloat makes a fraction: parse a decimal exactly';
  }
  const member = memberOf(node, checker);
  if (member !== undefined && INEXACT_MATH.test(member)) return `${member} may differ in its last bit`;
  if (!ts.isBinaryExpression(node)) return undefined;
  const { kind } = node.operatorToken;
  const divides = kind === ts.SyntaxKind.SlashToken || kind === ts.SyntaxKind.SlashEqualsToken;
  return divides && !isBigInt(node.left, checker)
    ? `${node.getText()} divides numbers: divide bigints with a named rounding`
    : undefined;
};

/** A variable of a module lives on between transactions and is shared by those that run at once. */
const moduleState: Rule = (node) =>
  ts.isVariableStatement(node) &&
  ts.isSourceFile(node.parent) &&
  !(node.declarationList.flags & ts.NodeFlags.Const)
    ? 'a module’s variable outlives the transaction: keep state on the ledger'
    : undefined;

/** Every rule by the name that problems and exceptions use. */
export const DETERMINISM_RULES: Readonly<Record<string, Rule>> = {
  clock,
  randomness,
  locale,
  surroundings,
  float,
  'module-state': moduleState,
};
