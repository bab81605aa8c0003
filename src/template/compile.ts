/**
 * Turns a parse tree into closures, once, when the template first runs. Variables live in slots; everything that the
 * text decides is decided here. `frame.node` moves as Go's state does, so that errors are reported at the same place.
 */
import { isTrue } from './builtins.ts';
import { type Argument, CallSite, type Evaluate, type Final, idealLiteral, NO_FINAL } from './call.ts';
import { ANY_TYPE, field, isSimpleName, simpleField, staticTypeWithin } from './field.ts';
import { BODY, descend, type Frame, fail, LOOP, step, TEMPLATE, write } from './frame.ts';
import {
  type ActionNode,
  type BranchNode,
  type ChainNode,
  type CommandNode,
  type FieldNode,
  type IdentifierNode,
  type ListNode,
  type Node,
  nodeText,
  type OperandNode,
  type PipeNode,
  type StatementNode,
  type TemplateNode,
  type VariableNode,
} from './node.ts';
import { printed } from './printf.ts';
import { quote } from './quote.ts';
import { elementType, typeName } from './type.ts';
import { GoInt, type GoObject, isGoObject, isList, isMap, markedType, sortedKeys, type Value } from './value.ts';

/** Runs a piece of a template: writes, and tells whether `break` or `continue` ended it. */
export type Run = (frame: Frame, dot: Value) => Outcome;
type Outcome = typeof DONE | typeof BREAK | typeof CONTINUE;
const DONE = 0;
const BREAK = 1;
const CONTINUE = 2;

/** A command of a pipeline, given the value of the one before it. */
type Stage = (frame: Frame, dot: Value, final: Final) => Value;

/** Compiles the body of a template, whose dot is in `$`, the variable of slot 0. */
export const compileTree = (root: ListNode): Run =>
  new Compiler({ slots: 1, ranges: 0 }, { name: '$', slot: 0, range: undefined, outer: undefined }, undefined).list(
    root,
  );

interface Variable {
  name: string;
  slot: number;
  /** The range whose elements it takes, whose element type errors name. */
  range: number | undefined;
  /** The variable declared before it. */
  outer: Variable | undefined;
}

/** Runs the body of a loop once; false where it breaks. */
type Iterate = (frame: Frame, key: Value, element: Value) => boolean;

/** Compiles one list of nodes. Those inside it are compiled when they run first: most charts have most of it turned off. */
class Compiler {
  /** What all compilers of one template count. */
  private readonly counts: { slots: number; ranges: number };
  /** The innermost variable in sight. */
  private scope: Variable;
  /** The range whose element is dot, undefined where something else is. */
  private readonly dotRange: number | undefined;

  constructor(counts: { slots: number; ranges: number }, scope: Variable, dotRange: number | undefined) {
    this.counts = counts;
    this.scope = scope;
    this.dotRange = dotRange;
  }

  list({ nodes, actions }: ListNode): Run {
    const runs = nodes.map((node) => (typeof node === 'string' ? node : this.statement(node)));
    return (frame, dot) => {
      for (let i = 0; i < runs.length; i++) {
        const run = runs[i]!;
        if (typeof run === 'string') {
          frame.execution.out += run;
          continue;
        }
        frame.action = actions[i]!;
        const outcome = run(frame, dot);
        if (outcome !== DONE) return outcome;
      }
      return DONE;
    };
  }

  /** A compiler for a list inside this one, to be asked when that runs. */
  private inner(list: ListNode, dotRange: number | undefined): () => Run {
    const scope = this.scope;
    return () => new Compiler(this.counts, scope, dotRange).list(list);
  }

  /** A text as it is, where that is what the statement writes. */
  private statement(node: StatementNode): Run | string {
    switch (node.type) {
      case 'action':
        return literalText(node) ?? this.sharedAction(node);
      case 'if':
      case 'with':
        return this.condition(node);
      case 'range':
        return this.range(node);
      case 'template':
        return this.template(node);
      case 'break':
        return () => BREAK;
      case 'continue':
        return () => CONTINUE;
    }
  }

  private sharedAction(node: ActionNode): Run {
    return this.isClosed(node.pipe) ? (node.compiled ??= this.action(node)) : this.action(node);
  }

  private action(node: ActionNode): Run {
    const { pipe } = node;
    const evaluate = this.pipe(pipe);
    if (pipe.decl.length > 0)
      return (frame, dot) => {
        evaluate(frame, dot);
        return DONE;
      };
    return (frame, dot) => {
      const value = evaluate(frame, dot);
      write(frame, typeof value === 'string' ? value : shown(frame, node, value));
      return DONE;
    };
  }

  private condition({ type, pipe, list, elseList }: BranchNode): Run {
    const outer = this.scope;
    const evaluate = this.head(pipe);
    const setsDot = type === 'with';
    const compileThen = this.inner(list, setsDot ? undefined : this.dotRange);
    const compileElse = elseList && this.inner(elseList, this.dotRange);
    this.scope = outer;
    let then: Run | undefined;
    let otherwise: Run | undefined;
    return (frame, dot) => {
      const value = evaluate(frame, dot);
      const truth = isTrue(value);
      if (!truth && !compileElse) return DONE;
      descend(frame, BODY);
      const run = truth ? (then ??= compileThen()) : (otherwise ??= compileElse!());
      const outcome = run(frame, truth && setsDot ? value : dot);
      frame.scope.budget.stack -= BODY;
      return outcome;
    };
  }

  private range({ pipe, list, elseList }: BranchNode): Run {
    const outer = this.scope;
    const range = this.counts.ranges++;
    const evaluate = this.head(pipe, range);
    const slots = pipe.decl.map(({ ident }) => this.variable(ident[0]!)?.slot ?? 0);
    const elementSlot = slots.at(-1);
    const keySlot = slots.length > 1 ? slots[0] : undefined;
    const compileBody = this.inner(list, range);
    const compileElse = elseList && this.inner(elseList, this.dotRange);
    this.scope = outer;
    let body: Run | undefined;
    let otherwise: Run | undefined;
    const iterate: Iterate = (frame, key, element) => {
      step(frame);
      if (elementSlot !== undefined) frame.variables[elementSlot] = element;
      if (keySlot !== undefined) frame.variables[keySlot] = key;
      descend(frame, LOOP);
      const outcome = (body ??= compileBody())(frame, element);
      frame.scope.budget.stack -= LOOP;
      return outcome !== BREAK;
    };
    return (frame, dot) => {
      const value = evaluate(frame, dot);
      noteElementType(frame, range, value);
      if (rangeOver(frame, value, iterate, keySlot !== undefined) || !compileElse) return DONE;
      return (otherwise ??= compileElse())(frame, dot);
    };
  }

  private template(node: TemplateNode): Run {
    const evaluate = node.pipe ? this.pipe(node.pipe) : undefined;
    const { name } = node;
    return (frame, dot) => {
      frame.node = node;
      const template = frame.scope.findTemplate(name);
      if (!template) fail(frame, `template ${quote(name)} not defined`);
      step(frame);
      const data = evaluate ? evaluate(frame, dot) : undefined;
      frame.node = node;
      descend(frame, TEMPLATE);
      template.run(frame.execution, data);
      frame.scope.budget.stack -= TEMPLATE;
      return DONE;
    };
  }

  /** The pipeline of an action, compiled once for all actions that share it where nothing around it matters. */
  private head(node: PipeNode, range?: number): Evaluate {
    return this.isClosed(node) ? (node.compiled ??= this.pipe(node)) : this.pipe(node, range);
  }

  private isClosed({ isClosed }: PipeNode): boolean {
    return isClosed && this.dotRange === undefined && this.variable('$')!.slot === 0;
  }

  /** The value of a pipeline: no value where it is nil, as Go takes what an interface holds out of it. */
  private pipe(node: PipeNode, range?: number): Evaluate {
    const stages = node.cmds.map((command, i) => this.command(command, i > 0));
    const evaluate = pipeline(node, stages);
    if (node.decl.length === 0) return evaluate;
    const stores = node.decl.map((variable) => this.store(variable, node.isAssign, range));
    return (frame, dot) => {
      const value = evaluate(frame, dot);
      for (const store of stores) store(frame, value);
      return value;
    };
  }

  private store({ ident }: VariableNode, isAssign: boolean, range?: number): (frame: Frame, value: Value) => void {
    const name = ident[0]!;
    if (!isAssign) this.scope = { name, slot: this.counts.slots++, range, outer: this.scope };
    const variable = this.variable(name);
    if (!variable) return (frame) => fail(frame, `undefined variable: ${name}`);
    variable.range = range;
    const { slot } = variable;
    return ({ variables }, value) => {
      variables[slot] = value;
    };
  }

  private variable(name: string): Variable | undefined {
    let at: Variable | undefined = this.scope;
    while (at && at.name !== name) at = at.outer;
    return at;
  }

  private command(node: CommandNode, hasFinal: boolean): Stage {
    const [first, ...rest] = node.args as [OperandNode, ...OperandNode[]];
    switch (first.type) {
      case 'field':
        return this.field(first, rest, hasFinal);
      case 'chain':
        return this.chain(first, rest, hasFinal);
      case 'identifier':
        return this.function(first, node, rest, hasFinal);
      case 'variable':
        return this.variableValue(first, rest, hasFinal);
      case 'pipe':
        if (rest.length > 0 || hasFinal) return (frame) => notAFunction(frame, first);
        return this.pipe(first);
      default:
        return literalCommand(first, rest.length > 0 || hasFinal);
    }
  }

  private arguments(nodes: OperandNode[]): Argument[] {
    return nodes.map((node) => {
      const evaluate = this.operand(node);
      return evaluate ? { node, evaluate } : { node };
    });
  }

  /** The evaluator of an argument; undefined for a literal, whose value depends on the parameter's type. */
  private operand(node: OperandNode): Evaluate | undefined {
    switch (node.type) {
      case 'dot':
        return (frame, dot) => {
          frame.node = node;
          return dot;
        };
      case 'field':
        return withoutFinal(this.field(node, [], false));
      case 'variable':
        return withoutFinal(this.variableValue(node, [], false));
      case 'pipe':
        return this.pipe(node);
      case 'identifier':
        return withoutFinal(this.function(node, node, [], false));
      case 'chain':
        return withoutFinal(this.chain(node, [], false));
      default:
        return undefined;
    }
  }

  private function(
    node: IdentifierNode,
    whole: CommandNode | IdentifierNode,
    args: OperandNode[],
    hasFinal: boolean,
  ): Stage {
    const { ident } = node;
    const site = new CallSite(ident, whole, this.arguments(args), hasFinal);
    return (frame, dot, final) => {
      frame.node = node;
      const fn = frame.scope.findFunction(ident);
      if (!fn) fail(frame, `${quote(ident)} is not a defined function`);
      return site.call(frame, dot, fn, final);
    };
  }

  private field(node: FieldNode, args: OperandNode[], hasFinal: boolean): Stage {
    const range = this.dotRange;
    const walk = this.fields(node, node.ident, args, hasFinal);
    return (frame, dot, final) => {
      frame.node = node;
      return walk(frame, dot, dot, final, range);
    };
  }

  private variableValue(node: VariableNode, args: OperandNode[], hasFinal: boolean): Stage {
    const [name, ...idents] = node.ident as [string, ...string[]];
    const variable = this.variable(name);
    if (!variable)
      return (frame) => {
        frame.node = node;
        return fail(frame, `undefined variable: ${name}`);
      };
    const { slot, range } = variable;
    if (idents.length === 0) {
      const wrong = args.length > 0 || hasFinal;
      return (frame) => {
        frame.node = node;
        return wrong ? notAFunction(frame, node) : frame.variables[slot];
      };
    }
    const walk = this.fields(node, idents, args, hasFinal);
    return (frame, dot, final) => {
      frame.node = node;
      return walk(frame, dot, frame.variables[slot], final, range);
    };
  }

  private chain(node: ChainNode, args: OperandNode[], hasFinal: boolean): Stage {
    const evaluate = this.operand(node.node)!;
    const walk = this.fields(node, node.field, args, hasFinal);
    return (frame, dot, final) => {
      frame.node = node;
      const receiver = evaluate(frame, dot);
      return walk(frame, dot, receiver, final, undefined);
    };
  }

  /** `.a.b.c` from a receiver on: only the last name takes arguments. */
  private fields(
    node: FieldNode | VariableNode | ChainNode,
    idents: string[],
    args: OperandNode[],
    hasFinal: boolean,
  ): Walk {
    if (idents.every(isSimpleName) && args.length === 0 && !hasFinal) {
      const [only, ...more] = idents as [string, ...string[]];
      const slowly = walkFields(node, idents, NO_ARGUMENTS, false);
      if (more.length === 0)
        return (frame, dot, start, final, range) => simpleField(start, only) ?? slowly(frame, dot, start, final, range);
    }
    return walkFields(node, idents, this.arguments(args), hasFinal);
  }
}

/** What `{{"text"}}` writes. */
function literalText({ pipe: { decl, cmds } }: ActionNode): string | undefined {
  const [command] = cmds;
  const first = command?.args[0];
  const isAlone = decl.length === 0 && cmds.length === 1 && command?.args.length === 1;
  return isAlone && first?.type === 'string' ? first.text : undefined;
}

/** Goes from `start` to the value of a chain of names. `range` is the loop that `start` is an element of. */
type Walk = (frame: Frame, dot: Value, start: Value, final: Final, range: number | undefined) => Value;

const NO_ARGUMENTS: Argument[] = [];

function walkFields(node: Node, idents: string[], args: Argument[], hasFinal: boolean): Walk {
  const simple = idents.map(isSimpleName);
  const last = idents.length - 1;
  const takesArgs = args.length > 0 || hasFinal;
  return (frame, dot, start, final, range) => {
    let receiver = start;
    let container: Value;
    for (let i = 0; i <= last; i++) {
      const name = idents[i]!;
      const hasArgs = takesArgs && i === last;
      const found = simple[i] && !hasArgs ? simpleField(receiver, name) : undefined;
      const from = receiver;
      if (found !== undefined) receiver = found;
      else {
        const staticType = i === 0 ? rangeType(frame, range) : staticTypeWithin(container);
        receiver = field(frame, receiver, name, staticType, hasArgs, (method) => {
          const site = new CallSite(name, node, i === last ? args : NO_ARGUMENTS, i === last && hasFinal);
          return site.call(frame, dot, method, i === last ? final : NO_FINAL);
        });
      }
      container = from;
    }
    return receiver;
  };
}

const withoutFinal =
  (stage: Stage): Evaluate =>
  (frame, dot) =>
    stage(frame, dot, NO_FINAL);

function pipeline(node: PipeNode, stages: Stage[]): Evaluate {
  const [first, ...rest] = stages as [Stage, ...Stage[]];
  if (rest.length === 0)
    return (frame, dot) => {
      frame.node = node;
      return first(frame, dot, NO_FINAL) ?? undefined;
    };
  return (frame, dot) => {
    frame.node = node;
    let value = first(frame, dot, NO_FINAL) ?? undefined;
    for (let i = 0; i < rest.length; i++) value = rest[i]!(frame, dot, value) ?? undefined;
    return value;
  };
}

/** A literal or dot that stands as a command of its own. */
function literalCommand(node: OperandNode, hasArgs: boolean): Stage {
  if (hasArgs || node.type === 'nil') {
    return (frame) => {
      frame.node = node;
      return hasArgs ? notAFunction(frame, node) : fail(frame, 'nil is not a command');
    };
  }
  if (node.type === 'dot')
    return (frame, dot) => {
      frame.node = node;
      return dot;
    };
  const literal = idealLiteral(node);
  return (frame) => {
    frame.node = node;
    return typeof literal === 'string' ? fail(frame, literal) : literal.value;
  };
}

const notAFunction = (frame: Frame, node: OperandNode): never =>
  fail(frame, `can't give argument to non-function ${nodeText(node)}`);

/** What `{{ value }}` writes. */
function shown(frame: Frame, node: ActionNode, value: Value): string {
  if (value === undefined || value === null) return '<no value>';
  if (typeof value === 'function') {
    frame.node = node;
    return fail(frame, `can't print ${nodeText(node)} of type ${typeName(value)}`);
  }
  return isGoObject(value) ? shownObject(value) : printed(value);
}

/** Where a struct stands in the template itself, Go also finds a String method of its pointer, unlike in an argument. */
function shownObject(value: GoObject): string {
  const text = value.kind === 'struct' ? value.method?.('String') : undefined;
  return text ? (text() as string) : value.print();
}

/** Errors inside the range name the type of its elements, which is `interface {}` unless noted here. */
function noteElementType(frame: Frame, range: number, value: Value): void {
  let type: string | undefined;
  if (isList(value) || (isMap(value) && !isGoObject(value))) {
    const marked = markedType(value);
    if (marked !== undefined && elementType(marked) !== ANY_TYPE) type = elementType(marked);
  } else if (typeof value === 'bigint' || value instanceof GoInt) type = typeName(value);
  if (type === undefined && frame.elementTypes === undefined) return;
  frame.elementTypes ??= [];
  frame.elementTypes[range] = type;
}

const rangeType = (frame: Frame, range: number | undefined): string | undefined =>
  range === undefined ? undefined : (frame.elementTypes?.[range] ?? ANY_TYPE);

/** Calls `iterate` for each element until it answers false; answers whether there was any element. */
function rangeOver(frame: Frame, value: Value, iterate: Iterate, hasKey: boolean): boolean {
  if (value === undefined || value === null) return false;
  if (isList(value)) return rangeOverList(frame, value, iterate, hasKey);
  if (typeof value === 'bigint' || value instanceof GoInt) return rangeOverInteger(frame, value, iterate, hasKey);
  if (isGoObject(value) && value.entries && (value.kind === 'map' || value.kind === 'slice')) {
    const entries = value.entries();
    if (value.kind === 'slice')
      return rangeOverList(
        frame,
        entries.map(([, element]) => element),
        iterate,
        hasKey,
      );
    return rangeOverEntries(frame, entries, iterate);
  }
  if (!isMap(value)) return fail(frame, `range can't iterate over ${printed(value)}`);
  return rangeOverEntries(
    frame,
    sortedKeys(value).map((key) => [key, value[key]]),
    iterate,
  );
}

function rangeOverList(frame: Frame, list: Value[], iterate: Iterate, hasKey: boolean): boolean {
  const { length } = list;
  for (let i = 0; i < length; i++) if (!iterate(frame, hasKey ? BigInt(i) : undefined, list[i])) break;
  return length > 0;
}

/** Keys and values are those at the start, whatever the body does to the map. */
function rangeOverEntries(frame: Frame, entries: [string, Value][], iterate: Iterate): boolean {
  for (const [key, element] of entries) if (!iterate(frame, key, element)) break;
  return entries.length > 0;
}

function rangeOverInteger(frame: Frame, value: bigint | GoInt, iterate: Iterate, hasKey: boolean): boolean {
  if (hasKey) fail(frame, `can't use ${printed(value)} to iterate over more than one variable`);
  const end = typeof value === 'bigint' ? value : value.value;
  const typed = (i: bigint): Value => (typeof value === 'bigint' ? i : new GoInt(value.type, i));
  for (let i = 0n; i < end; i++) if (!iterate(frame, undefined, typed(i))) break;
  return end > 0n;
}
