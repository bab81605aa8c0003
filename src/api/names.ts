/**
 * What names, label keys and values, and the like may look like, with the texts of Kubernetes' own messages. Every
 * function answers the list of what is wrong, empty for a good value, in time linear in its length.
 */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const QUALIFIED_TEXT =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** Whether a generated suffix will follow, so that a trailing dash is allowed. */
export type NameRule = (name: string, prefix?: boolean) => string[];

export function isDns1123Label(value: string): string[] {
  const errors = maxBytes(value, 63);
  if (!isLabel(value))
    errors.push(isSubdomain(value) ? 'must not contain dots' : regexError(LABEL_TEXT, LABEL, 'my-name', '123-abc'));
  return errors;
}

export function isDns1123Subdomain(value: string): string[] {
  const errors = maxBytes(value, 253);
  if (!isSubdomain(value)) errors.push(regexError(SUBDOMAIN_TEXT, SUBDOMAIN, 'example.com'));
  return errors;
}

/** A domain to search in, where names of services may have underscores. */
export function isSearchDomain(value: string): string[] {
  const errors = maxBytes(value, 253);
  const isGood = (label: string) => /^[-_a-z0-9]+$/.test(label) && /^_?[a-z0-9]/.test(label) && /[a-z0-9]$/.test(label);
  const label = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
  if (!value.split('.').every(isGood))
    errors.push(
      regexError(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
        `${label}(\\.${label})*`,
        'example.com',
      ),
    );
  return errors;
}

export function isWildcardDns1123Subdomain(value: string): string[] {
  const errors = maxBytes(value, 253);
  if (!value.startsWith('*.') || !isSubdomain(value.slice(2)))
    errors.push(
      regexError(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        `\\*\\.${SUBDOMAIN}`,
        '*.example.com',
      ),
    );
  return errors;
}

export function isDns1035Label(value: string): string[] {
  const errors = maxBytes(value, 63);
  if (!isLabel(value) || !/^[a-z]/.test(value))
    errors.push(
      regexError(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        '[a-z]([-a-z0-9]*[a-z0-9])?',
        'my-name',
        'abc-123',
      ),
    );
  return errors;
}

/** A label key, annotation key, finalizer or resource name: an optional DNS prefix, a slash and a name. */
export function isQualifiedName(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2)
    return [
      `a valid label key ${qualifiedText()} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const errors: string[] = [];
  if (parts.length === 2) {
    if (parts[0] === '') errors.push('prefix part must be non-empty');
    else errors.push(...isDns1123Subdomain(parts[0]!).map((error) => `prefix part ${error}`));
  }
  const name = parts.at(-1)!;
  if (name === '') errors.push('name part must be non-empty');
  else errors.push(...maxBytes(name, 63).map((error) => `name part ${error}`));
  if (!isQualified(name)) errors.push(`name part ${qualifiedText()}`);
  return errors;
}

const qualifiedText = (): string => regexError(QUALIFIED_TEXT, QUALIFIED, 'MyName', 'my.name', '123-abc');

export function isLabelValue(value: string): string[] {
  if (value === '') return [];
  const errors = maxBytes(value, 63);
  if (!isQualified(value))
    errors.push(
      regexError(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        `(${QUALIFIED})?`,
        'MyValue',
        'my_value',
        '12345',
      ),
    );
  return errors;
}

export function isPortName(value: string): string[] {
  const errors = value.length > 15 ? ['must be no more than 15 characters'] : [];
  if (!/^[-a-z0-9]+$/.test(value))
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

export const isPortNumber = (port: number): string[] => isInRange(port, 1, 65535);

export const isInRange = (value: number, min: number, max: number): string[] =>
  value >= min && value <= max ? [] : [`must be between ${min} and ${max}, inclusive`];

export const isUserId = (id: number): string[] => isInRange(id, 0, 2147483647);

export const isPercent = (value: string): string[] =>
  /^[0-9]+%$/.test(value)
    ? []
    : [regexError("a valid percent string must be a numeric string followed by an ending '%'", '[0-9]+%', '1%', '93%')];

/** Since 1.34 any printable ASCII but `=`. */
export function isEnvVarName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  return /^[ -<>-~]*$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

export const isHttpHeaderName = (value: string): string[] =>
  /^[-A-Za-z0-9]+$/.test(value)
    ? []
    : [
        regexError(
          "a valid HTTP header must consist of alphanumeric characters or '-'",
          '[-A-Za-z0-9]+',
          'X-Header-Name',
        ),
      ];

/** A key of a ConfigMap or a Secret. */
export function isConfigMapKey(value: string): string[] {
  const errors = maxBytes(value, 253);
  if (!/^[-._a-zA-Z0-9]+$/.test(value))
    errors.push(
      regexError(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        '[-._a-zA-Z0-9]+',
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  if (value === '.') errors.push(`must not be '.'`);
  else if (value === '..') errors.push(`must not be '..'`);
  else if (value.startsWith('..')) errors.push(`must not start with '..'`);
  return errors;
}

/** A name that is one segment of a URL path, as RBAC's objects have. */
export function isPathSegmentName(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((each) => value.includes(each)).map((each) => `may not contain '${each}'`);
}

export const subdomainName: NameRule = (name, prefix) => isDns1123Subdomain(maskTrailingDash(name, prefix));
export const labelName: NameRule = (name, prefix) => isDns1123Label(maskTrailingDash(name, prefix));
export const dns1035Name: NameRule = (name, prefix) => isDns1035Label(maskTrailingDash(name, prefix));
export const pathSegmentName: NameRule = (name) => isPathSegmentName(name);

export const byteLength = (value: string): number => Buffer.byteLength(value);

/** As Kubernetes joins a message, examples and the expression it stands for. */
export function regexError(message: string, expression: string, ...examples: string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return `${message} (${shown === '' ? '' : `e.g. ${shown}`}regex used for validation is '${expression}')`;
}

const maxBytes = (value: string, limit: number): string[] =>
  value.length > limit / 3 && byteLength(value) > limit ? [`must be no more than ${limit} bytes`] : [];

const isLabel = (value: string): boolean =>
  /^[-a-z0-9]+$/.test(value) && !value.startsWith('-') && !value.endsWith('-');
const isSubdomain = (value: string): boolean => value.split('.').every(isLabel);
const isQualified = (value: string): boolean =>
  /^[-A-Za-z0-9_.]+$/.test(value) && /^[A-Za-z0-9]/.test(value) && !/[-_.]$/.test(value);

const maskTrailingDash = (name: string, prefix = false): string =>
  prefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
