/**
 * Expressions of Kconfig (`depends on A && (B || !C)`, `if X >= 5`), evaluated against a final config.
 * Grammar and tristate rules: Documentation/kbuild/kconfig-language.rst, "Menu dependencies".
 */
import type { FinalConfig } from './symbols.ts';

/** A parsed expression. */
export type Expression =
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'literal'; readonly text: string }
  /** `$(cc-option,…)` and the like: decided by running something, so not known here. */
  | { readonly kind: 'macro'; readonly text: string }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'compare';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    };

/** n, m, y as 0, 1, 2: `&&` is the minimum, `||` the maximum, `!` is 2 minus it. */
export type Tristate = 0 | 1 | 2;

const TOKEN =
  /\s*(&&|\|\||!=|<=|>=|[!=<>()]|\$\((?:[^()]|\([^()]*\))*\)|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s&|!=<>()"']+)/y;

/** Parses an expression; undefined when it is none (then nothing is claimed about it). */
export function parseExpression(text: string): Expression | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let rest = text.trimEnd(), at = 0; at < rest.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(rest)?.[1];
    if (token === undefined) return undefined;
    tokens.push(token);
  }
  let next = 0;
  const binary = (operator: '&&' | '||', kind: 'and' | 'or', operand: () => Expression | undefined) => () => {
    let left = operand();
    while (left !== undefined && tokens[next] === operator) {
      next++;
      const right = operand();
      if (right === undefined) return undefined;
      left = { kind, left, right };
    }
    return left;
  };
  const atom = (): Expression | undefined => {
    const token = tokens[next++];
    if (token === undefined || /^(?:&&|\|\||[)=<>]|!=|<=|>=)$/.test(token)) return undefined;
    if (token.startsWith('$(')) return { kind: 'macro', text: token };
    if (/^["']/.test(token)) return { kind: 'literal', text: token.slice(1, -1) };
    if (/^(?:[nmy]|-?\d+|0x[0-9a-fA-F]+)$/.test(token)) return { kind: 'literal', text: token };
    return { kind: 'symbol', name: token };
  };
  const unary = (): Expression | undefined => {
    if (tokens[next] === '!') {
      next++;
      const of = unary();
      return of === undefined ? undefined : { kind: 'not', of };
    }
    if (tokens[next] === '(') {
      next++;
      const inner = or();
      return tokens[next++] === ')' ? inner : undefined;
    }
    const left = atom();
    const operator = tokens[next];
    if (left === undefined || operator === undefined || !/^(?:=|!=|<|>|<=|>=)$/.test(operator)) return left;
    next++;
    const right = atom();
    return right === undefined ? undefined : { kind: 'compare', operator, left, right };
  };
  const and = binary('&&', 'and', unary);
  const or: () => Expression | undefined = binary('||', 'or', and);
  const result = or();
  return next === tokens.length ? result : undefined;
}

/** Value under a config. What can't be known (macros) counts as true, so that it is never blamed. */
export function evaluate(expression: Expression, config: FinalConfig): Tristate {
  switch (expression.kind) {
    case 'symbol':
      return tristate(config.get(expression.name) ?? 'n');
    case 'literal':
      return tristate(expression.text);
    case 'macro':
      return 2;
    case 'not':
      return expression.of.kind === 'macro' ? 2 : ((2 - evaluate(expression.of, config)) as Tristate);
    case 'and':
      return Math.min(evaluate(expression.left, config), evaluate(expression.right, config)) as Tristate;
    case 'or':
      return Math.max(evaluate(expression.left, config), evaluate(expression.right, config)) as Tristate;
    case 'compare':
      return compare(expression.operator, textOf(expression.left, config), textOf(expression.right, config))
        ? 2
        : 0;
  }
}

/** The expression as Kconfig writes it. */
export function formatExpression(expression: Expression): string {
  const nested = (part: Expression): string =>
    part.kind === 'or' || part.kind === 'and' || part.kind === 'compare'
      ? `(${formatExpression(part)})`
      : formatExpression(part);
  switch (expression.kind) {
    case 'symbol':
      return expression.name;
    case 'literal':
    case 'macro':
      return expression.text;
    case 'not':
      return `!${nested(expression.of)}`;
    case 'and':
    case 'or': {
      const same = (part: Expression): string =>
        part.kind === expression.kind ? formatExpression(part) : nested(part);
      return `${same(expression.left)} ${expression.kind === 'and' ? '&&' : '||'} ${same(expression.right)}`;
    }
    case 'compare':
      return `${formatExpression(expression.left)} ${expression.operator} ${formatExpression(expression.right)}`;
  }
}

/** Splits `A && B && C` into its parts. */
export function conjuncts(expression: Expression): Expression[] {
  return expression.kind === 'and'
    ? [...conjuncts(expression.left), ...conjuncts(expression.right)]
    : [expression];
}

function tristate(value: string): Tristate {
  return value === 'y' ? 2 : value === 'm' ? 1 : 0;
}

function textOf(expression: Expression, config: FinalConfig): string {
  if (expression.kind === 'symbol') return (config.get(expression.name) ?? 'n').replace(/^"(.*)"$/, '$1');
  return expression.kind === 'literal' ? expression.text : formatExpression(expression);
}

function compare(operator: string, left: string, right: string): boolean {
  const numeric = [left, right].every((text) => /^(?:-?\d+|0x[0-9a-fA-F]+)$/.test(text));
  const order = numeric ? Number(left) - Number(right) : left < right ? -1 : left > right ? 1 : 0;
  switch (operator) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '>':
      return order > 0;
    case '<=':
      return order <= 0;
    default:
      return order >= 0;
  }
}
