/** Validation of webhook configurations. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isDns1035Label, isDns1123Subdomain, isPortNumber } from './names.ts';
import { validateLabelSelector } from './validate-meta.ts';

const VERSIONS = ['v1', 'v1beta1'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
/** What else has a fixed set of values. */
const CHOICES: Record<string, string[]> = {
  failurePolicy: ['Fail', 'Ignore'],
  matchPolicy: ['Equivalent', 'Exact'],
};

export function validateWebhooks({ webhooks }: Loose, at: Findings): void {
  const seen = new Set<string>();
  at.at('webhooks').items(webhooks as Loose[], (webhook, own) => {
    const { name = '' } = webhook;
    validateWebhook(webhook, own);
    validateVersions(webhook['admissionReviewVersions'], own.at('admissionReviewVersions'));
    if (seen.has(name)) own.at('name').duplicate(name);
    if (name !== '') seen.add(name);
  });
}

function validateWebhook(webhook: Loose, at: Findings): void {
  validateFullName(webhook['name'], at.at('name'));
  at.at('rules').items(webhook['rules'] as Loose[], validateRule);
  for (const [field, choices] of Object.entries(CHOICES))
    if (webhook[field] !== undefined && !choices.includes(webhook[field]))
      at.at(field).notSupported(webhook[field], choices);
  const { sideEffects, timeoutSeconds: seconds, reinvocationPolicy: again, clientConfig = {} } = webhook;
  if (sideEffects === undefined || sideEffects === null)
    at.at('sideEffects').required(`must specify one of ${SIDE_EFFECTS.join(', ')}`);
  else if (!SIDE_EFFECTS.includes(sideEffects)) at.at('sideEffects').notSupported(sideEffects, SIDE_EFFECTS);
  if (seconds !== undefined && (seconds < 1 || seconds > 30))
    at.at('timeoutSeconds').invalid(seconds, 'the timeout value must be between 1 and 30 seconds');
  validateLabelSelector(webhook['namespaceSelector'], at.at('namespaceSelector'));
  validateLabelSelector(webhook['objectSelector'], at.at('objectSelector'));
  if (again !== undefined && !['IfNeeded', 'Never'].includes(again))
    at.at('reinvocationPolicy').notSupported(again, ['IfNeeded', 'Never']);
  const own = at.at('clientConfig');
  if ((clientConfig.url === undefined) === (clientConfig.service === undefined))
    own.required('exactly one of url or service is required');
  else if (clientConfig.url !== undefined) validateWebhookUrl(clientConfig.url, own.at('url'));
  else validateService(clientConfig.service, own.at('service'));
}

function validateFullName(name: string | undefined, at: Findings): void {
  if (!name) {
    at.required();
    return;
  }
  const wrong = isDns1123Subdomain(name);
  if (wrong.length > 0) at.invalid(name, wrong.join(','));
  else if (name.split('.').length < 3)
    at.invalid(name, 'should be a domain with at least three segments separated by dots');
}

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];

function validateRule(rule: Loose, at: Findings): void {
  const { operations = [], apiVersions = [], resources = [], scope } = rule;
  requireSome(operations, 'operations', at.at('operations'));
  at.at('operations').items(operations as string[], (operation, own) => {
    if (!OPERATIONS.includes(operation)) own.notSupported(operation, OPERATIONS);
  });
  requireSome(rule['apiGroups'] ?? [], 'API groups', at.at('apiGroups'));
  requireSome(apiVersions, 'API versions', at.at('apiVersions'));
  at.at('apiVersions').items(apiVersions as string[], (version, own) => {
    if (version === '') own.required();
  });
  validateResources(resources, at.at('resources'));
  if (scope !== undefined && !SCOPES.includes(scope)) at.at('scope').notSupported(scope, SCOPES);
}

/** The star stands alone. */
function requireSome(values: string[], what: string, at: Findings): void {
  if (values.length === 0) at.required();
  if (values.length > 1 && values.includes('*'))
    at.invalid(values, `if '*' is present, must not specify other ${what}`);
}

function validateResources(resources: string[], at: Findings): void {
  if (resources.length === 0) at.required();
  const [wholes, parts] = [new Set<string>(), new Set<string>()];
  at.items(resources, (each, own) => {
    const slash = each.indexOf('/');
    const [resource, sub] = slash < 0 ? [each, undefined] : [each.slice(0, slash), each.slice(slash + 1)];
    if (each === '') own.required();
    if (sub === undefined) return;
    if (wholes.has(resource)) own.invalid(each, `if '${resource}/*' is present, must not specify ${each}`);
    if (parts.has(sub)) own.invalid(each, `if '*/${sub}' is present, must not specify ${each}`);
    if (sub === '*') wholes.add(resource);
    if (resource === '*') parts.add(sub);
  });
  if (resources.length > 1 && resources.includes('*/*'))
    at.invalid(resources, "if '*/*' is present, must not specify other resources");
  const plain = resources.filter((each) => each !== '' && !each.includes('/'));
  if (plain.includes('*') && plain.at(-1) !== '*')
    at.invalid(resources, "if '*' is present, must not specify other resources without subresources");
}

function validateVersions(versions: string[] | undefined, at: Findings): void {
  if (!versions || versions.length === 0) {
    at.required(`must specify one of ${VERSIONS.join(', ')}`);
    return;
  }
  at.items(versions, (version, own) => {
    if (versions.slice(0, versions.indexOf(version)).includes(version)) own.invalid(version, 'duplicate version');
    else own.each(version, isDns1035Label(version));
  });
  if (!versions.some((version) => VERSIONS.includes(version)))
    at.invalid(versions, `must include at least one of ${VERSIONS.join(', ')}`);
}

const FORM = '; desired format: https://host[/path]';

/** A URL is split as it stands: what is wrong with it is told by its parts. */
function validateWebhookUrl(url: string, at: Findings): void {
  const [, scheme = '', authority = '', query, fragment] =
    /^(?:([A-Za-z][-A-Za-z0-9+.]*):)?(?:\/\/([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s.exec(url) ?? [];
  const [user, host] = authority.includes('@') ? authority.split('@') : [undefined, authority];
  if (scheme !== 'https') at.invalid(scheme, `'https' is the only allowed URL scheme${FORM}`);
  if (!host) at.invalid('', `host must be specified${FORM}`);
  if (user !== undefined) at.invalid(user, 'user information is not permitted in the URL');
  if (fragment) at.invalid(fragment, 'fragments are not permitted in the URL');
  if (query) at.invalid(query, 'query parameters are not permitted in the URL');
}

function validateService({ namespace, name, path, port }: Loose, at: Findings): void {
  if (!name) at.at('name').required();
  if (!namespace) at.at('namespace').required();
  const wrong = isPortNumber(port ?? 443);
  if (wrong.length > 0) at.at('port').invalid(port, `port is not valid: ${wrong.join(', ')}`);
  if (path) validatePath(path, at.at('path'));
}

function validatePath(path: string, at: Findings): void {
  if (path === '/') return;
  if (path === '//') {
    at.invalid(path, 'segment[0] may not be empty');
    return;
  }
  if (!path.startsWith('/')) at.invalid(path, "must start with a '/'");
  const steps = path.slice(1).replace(/\/$/, '').split('/');
  for (const [i, step] of steps.entries()) {
    if (step === '') at.invalid(path, `segment[${i}] may not be empty`);
    else for (const text of isDns1123Subdomain(step)) at.invalid(path, `segment[${i}]: ${text}`);
  }
}
