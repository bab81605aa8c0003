import { quote } from './quote.ts';

/**
 * What can go wrong in a template, in Go's words. The message of a TemplateError is the text that text/template gives;
 * the fields are the same facts taken apart, for whoever prints more than Go does.
 */
export interface Position {
  /** The file that was parsed, which is not always the template that runs. */
  file: string;
  /** From 1. */
  line: number;
  /** In bytes, from 0, as Go prints it; parse errors have none. */
  column?: number;
}

export class TemplateError extends Error {
  readonly position?: Position;
  /** The message without its position. */
  readonly detail: string;
  constructor(message: string, detail: string, position?: Position, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TemplateError';
    this.detail = detail;
    if (position) this.position = position;
  }
}

/** `template: FILE:LINE: DETAIL` */
export class ParseError extends TemplateError {
  constructor(file: string, line: number, detail: string) {
    super(`template: ${file}:${line}: ${detail}`, detail, { file, line });
    this.name = 'ParseError';
  }
}

/**
 * `template: FILE:LINE:COLUMN: executing "TEMPLATE" at <NODE>: DETAIL`. Where a function failed, `cause` is what it
 * threw and the detail is `error calling NAME: …`: the chain that Go's errors.Unwrap walks.
 */
export class ExecError extends TemplateError {
  /** The template that was running: a file or a name given by `define`. */
  readonly template: string;
  /** The node's text, as `at <…>` shows it; absent where nothing ran yet. */
  readonly node?: string;
  constructor(template: string, detail: string, at?: { position: Position; node: string }, cause?: unknown) {
    super(execMessage(template, detail, at), detail, at?.position, cause);
    this.name = 'ExecError';
    this.template = template;
    if (at) this.node = at.node;
  }
}

function execMessage(template: string, detail: string, at?: { position: Position; node: string }): string {
  if (!at) return `template: ${template}: ${detail}`;
  const { file, line, column } = at.position;
  // Go formats the name with %q after doubling its percent signs.
  return `template: ${file}:${line}:${column}: executing ${quote(template)} at <${at.node}>: ${detail}`;
}

/** A limit of ours that Go does not have, or reaches later. It passes through templates and functions untouched. */
export class LimitError extends TemplateError {
  constructor(detail: string, at?: { template: string; position: Position; node: string }) {
    super(at ? execMessage(at.template, detail, at) : `template: ${detail}`, detail, at?.position);
    this.name = 'LimitError';
  }
}

/** The limit that `error` is, or came from: a function may have put words of its own around it. */
export function limitOf(error: unknown): LimitError | undefined {
  let link = error;
  for (let depth = 0; link instanceof Error && depth < 1000; depth++) {
    if (link instanceof LimitError) return link;
    link = link.cause;
  }
  return undefined;
}

/**
 * Whether JavaScript's stack was too small: Go's is a thousand times as deep. A regular expression that is compiled
 * just then ends in a SyntaxError with the same words.
 */
export const isStackOverflow = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('Maximum call stack size exceeded');

/** Go's limit, and its words; the stack of JavaScript ends earlier. */
export const TOO_DEEP = 'exceeded maximum template depth (100000)';

/** Whether a larger stack might have done. */
export const isTooDeep = (error: unknown): boolean => limitOf(error)?.detail === TOO_DEEP;
