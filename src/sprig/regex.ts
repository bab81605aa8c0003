/** Regular expressions in templates. A pattern that does not compile fails in both forms, in different words. */
import {
  compileRegexp,
  expand,
  findAll,
  mustCompile,
  quoteMeta,
  type Regexp,
  replaceAll,
  split,
} from '../regexp/regexp.ts';
import { nilList, typedList, type Value } from '../template/value.ts';
import { type Family, go } from './function.ts';

const isMatch = (regexp: Regexp, text: string): boolean => regexp.find(text, 0) !== undefined;

/** The function by its two names: the plain one panics on a bad pattern, the other one gives the error. */
function both(
  name: string,
  params: string,
  body: (regexp: Regexp, pattern: string, ...rest: never[]) => Value,
): Family {
  const using = (compile: (pattern: string) => Regexp) =>
    go(params, (pattern: string, ...rest: never[]) => body(compile(pattern), pattern, ...rest));
  return { [`regex${name}`]: using(mustCompile), [`mustRegex${name}`]: using(compileRegexp) };
}

const strings = (list: string[] | undefined): Value[] =>
  list === undefined || list.length === 0 ? nilList('[]string') : typedList('[]string', list);

export const regex: Family = {
  ...both('Find', 'string, string', (regexp, _pattern, text: string) => regexp.find(text, 0)?.groups[0] ?? ''),
  ...both('FindAll', 'string, string, int', (regexp, _pattern, text: string, limit: bigint) =>
    strings(findAll(regexp, text, Number(limit)).map(({ groups }) => groups[0]!)),
  ),
  ...both('ReplaceAll', 'string, string, string', (regexp, _pattern, text: string, template: string) =>
    replaceAll(regexp, text, (match) => expand(template, match, regexp.names)),
  ),
  ...both('ReplaceAllLiteral', 'string, string, string', (regexp, _pattern, text: string, replacement: string) =>
    replaceAll(regexp, text, () => replacement),
  ),
  ...both('Split', 'string, string, int', (regexp, pattern, text: string, limit: bigint) => {
    const parts = split(regexp, pattern, text, Number(limit));
    return parts === undefined ? nilList('[]string') : typedList('[]string', parts);
  }),
  mustRegexMatch: go('string, string', (pattern: string, text: string) => isMatch(compileRegexp(pattern), text)),
  regexMatch: go('string, string', (pattern: string, text: string) => {
    try {
      return isMatch(compileRegexp(pattern), text);
    } catch {
      return false;
    }
  }),
  regexQuoteMeta: go('string', quoteMeta),
};
