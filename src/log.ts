/** Logging as a value: passed in, never reached for. Fields are printed as `key=value`. */
export type Fields = Record<string, unknown>;

export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** A logger that says nothing. */
export const silentLog: Logger = { debug() {}, info() {}, warn() {}, error() {} };

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/** A logger that hands every line at or above `level` to `write`, formatted as `level=WARN msg="…" key=value`. */
export function lineLog(write: (line: string) => void, level: Level = 'info'): Logger {
  const lowest = LEVELS.indexOf(level);
  const at =
    (name: Level) =>
    (message: string, fields: Fields = {}) => {
      if (LEVELS.indexOf(name) < lowest) return;
      const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${quoted(value)}`);
      write(`level=${name.toUpperCase()} msg=${quoted(message)}${rest.join('')}`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** As Go's slog: only what could not be told from the text around it is quoted. */
function quoted(value: unknown): string {
  const text = value instanceof Error ? value.message : typeof value === 'string' ? value : JSON.stringify(value);
  const isPlain = text !== undefined && text !== '' && !/[\s="\p{Cc}\p{Zs}\ufffd]/u.test(text);
  return isPlain ? text : JSON.stringify(text ?? '');
}
