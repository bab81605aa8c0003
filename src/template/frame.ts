/** The state of running templates: one Execution for what is asked from outside, one Frame for each template within. */
import { ExecError, LimitError, type Position, TOO_DEEP } from './error.ts';
import { type Node, nodeText, type Tree } from './node.ts';
import { byteLength } from './utf8.ts';
import type { GoFunction, Value } from './value.ts';

/** What a frame asks of the templates it belongs to. */
export interface Scope {
  /** What a missing key of a map gives: no value, the zero value, an error. */
  readonly missingKey: 'default' | 'zero' | 'error';
  readonly budget: Budget;
  findTemplate(name: string): Runnable | undefined;
  findFunction(name: string): GoFunction | undefined;
}

/** A template ready to run; `run` compiles when it is called first. */
export interface Runnable {
  readonly name: string;
  run(execution: Execution, data: Value): void;
}

/** How much one rendering may still do, shared by all the executions within it. */
export interface Budget {
  /** Iterations and template calls left. */
  steps: number;
  /** Characters one execution may write. */
  readonly maxOutput: number;
  /** Executions under way, one inside the other. */
  depth: number;
  /** Stack frames of JavaScript in use, by rough count; see `descend`. */
  stack: number;
  readonly maxStack: number;
}

/**
 * How many frames templates may take. The default stack holds between 5,600 and 15,000 as they are counted here; what
 * is left is for functions. To wait for the stack to overflow would not do: V8 ends the process when that happens while
 * it compiles a regular expression.
 */
export const MAX_STACK = 4000;

/** Frames that these take: the body of `if` and `with`, that of `range`, a call with its arguments, `template`. */
export const BODY = 2;
export const LOOP = 5;
export const CALL = 4;
export const TEMPLATE = 4;

/** Counts frames before something nested runs; the caller takes them off the count after it. */
export function descend(frame: Frame, frames: number): void {
  const { budget } = frame.scope;
  if (budget.stack > budget.maxStack) throw tooDeep(frame);
  budget.stack += frames;
}

export interface Execution {
  readonly scope: Scope;
  out: string;
}

export interface Frame {
  readonly execution: Execution;
  readonly scope: Scope;
  /** The template that runs. */
  readonly tree: Tree;
  /** Where execution is: errors tell it. `action` is what the node's position counts from. */
  node: Node;
  action: number;
  readonly variables: Value[];
  /**
   * The element types of the ranges under way, where they are not `interface {}`: error texts name the type that a
   * value has in its list or map, not its own.
   */
  elementTypes: (string | undefined)[] | undefined;
}

/** Counts one iteration or template call, so that what never ends comes to an end. */
export function step({ execution, scope: { budget } }: Frame): void {
  if (--budget.steps < 0) throw new LimitError('rendering takes too many steps: a loop without end?');
  if (execution.out.length > budget.maxOutput) throw outputLimit(budget);
}

export function write({ execution, scope: { budget } }: Frame, text: string): void {
  execution.out += text;
  if (execution.out.length > budget.maxOutput) throw outputLimit(budget);
}

const outputLimit = ({ maxOutput }: Budget): LimitError =>
  new LimitError(`rendering writes more than ${maxOutput} characters`);

/** Ends the execution with an error at the frame's node. */
export function fail(frame: Frame, detail: string, cause?: unknown): never {
  const { node, tree } = frame;
  throw new ExecError(tree.name, detail, { position: positionOf(frame), node: nodeText(node) }, cause);
}

/** The error for a stack that was too small, told at the frame's node and no further out. */
export function tooDeep(frame: Frame): LimitError {
  const { node, tree } = frame;
  return new LimitError(TOO_DEEP, { template: tree.name, position: positionOf(frame), node: nodeText(node) });
}

/** The column counts bytes from 0, as Go's do. */
function positionOf({ tree, node, action }: Frame): Position {
  const pos = action + node.pos;
  const lineStart = tree.text.lastIndexOf('\n', pos - 1) + 1;
  let line = 1;
  for (let at = tree.text.indexOf('\n'); at >= 0 && at < lineStart; at = tree.text.indexOf('\n', at + 1)) line++;
  return { file: tree.file, line, column: byteLength(tree.text.slice(lineStart, pos)) };
}
