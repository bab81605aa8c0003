/** What Helm makes of text/template's errors before it shows them. */
import { ExecError, LimitError } from '../template/error.ts';

/** An error of rendering in Helm's words; `cause` is the template's own, with its position. */
class RenderError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RenderError';
  }
}

/** Only the place and the last part of the message are kept. */
export function parseError(file: string, error: Error): RenderError {
  const parts = error.message.split(': ');
  if (parts.length === 1) return new RenderError(`parse error in (${file}): ${error.message}`, error);
  return new RenderError(`parse error at (${parts[1]}): ${parts.at(-1)}`, error);
}

const WARN_START = 'HELM_ERR_START';
const WARN_END = 'HELM_ERR_END';

/** Marks the message of `required` and `fail`, which is shown without what stands around it. */
export const markMessage = (message: string): string => WARN_START + message + WARN_END;

/**
 * `required` and `fail` show their message and the outermost place. A chain of template errors becomes a trace over
 * several lines; anything else in the chain leaves Go's one line as it is.
 */
export function executionError(file: string, error: Error, { traces = true } = {}): RenderError {
  if (!chainOf(error).some((link) => link instanceof ExecError || link instanceof LimitError))
    return new RenderError(error.message, error);
  const { message } = error;
  const [first, second] = [message.indexOf(': '), message.indexOf(': ', message.indexOf(': ') + 2)];
  if (first < 0 || second < 0) return new RenderError(`execution error in (${file}): ${message}`, error);
  const location = message.slice(first + 2, second);
  const marked = markedMessage(message.slice(second + 2));
  if (marked !== undefined) return new RenderError(`execution error at (${location}): ${marked}`, error);
  return new RenderError((traces ? traceOf(error) : undefined) ?? message, error);
}

/** The errors that Go would unwrap; what JavaScript throws when its stack is full is none of them. */
function chainOf(error: Error): Error[] {
  const chain: Error[] = [];
  for (let link: unknown = error; link instanceof Error && chain.length < 10_000; link = link.cause)
    if (!(link instanceof RangeError)) chain.push(link);
  return chain;
}

function markedMessage(text: string): string | undefined {
  const start = text.indexOf(WARN_START);
  const end = text.lastIndexOf(WARN_END);
  return start < 0 || end < start + WARN_START.length ? undefined : text.slice(start + WARN_START.length, end);
}

/** Undefined where an error of the chain is none of text/template's. */
function traceOf(error: Error): string | undefined {
  const traces: string[] = [];
  for (const { message } of chainOf(error)) {
    const trace = parseExecMessage(message);
    if (trace === undefined) return undefined;
    if (trace !== traces.at(-1)) traces.push(trace);
  }
  return traces.join('').trim();
}

const PREFIX = 'template: ';
const EXECUTING = ': executing "';

/** Takes a message apart as Helm does, by words and not by structure, and lays it out over lines. */
function parseExecMessage(message: string): string | undefined {
  if (!message.startsWith(PREFIX)) return undefined;
  const rest = message.slice(PREFIX.length);
  if (rest.startsWith('no template ')) return `${message}\n`;
  const executing = rest.indexOf(': executing ');
  if (executing >= 0 && rest.startsWith(EXECUTING, executing)) {
    const trace = parseExecuting(rest.slice(0, executing), rest.slice(executing + EXECUTING.length));
    if (trace !== undefined) return trace;
  }
  const colon = rest.lastIndexOf(': ');
  return colon < 0 ? undefined : layOut(rest.slice(0, colon), '', withoutChain(rest.slice(colon + 2)));
}

/** `after` begins with the running template's name: `web" at <.Values.x>: message`. */
function parseExecuting(location: string, after: string): string | undefined {
  const quote = after.indexOf('"');
  const at = ' at <';
  if (quote < 0 || !after.startsWith(at, quote + 1)) return undefined;
  const node = after.slice(quote + 1 + at.length);
  const end = node.indexOf('>: ');
  if (end < 0) return undefined;
  const executing = `executing "${after.slice(0, quote)}" at <${node.slice(0, end)}>:`;
  return layOut(location, executing, withoutChain(node.slice(end + 3)));
}

const layOut = (location: string, executing: string, message: string): string =>
  (location && `${location}\n  `) + (executing && `${executing}\n    `) + (message && `${message}\n`);

function withoutChain(message: string): string {
  const next = message.indexOf(' template:');
  return next < 0 ? message : message.slice(0, next);
}
