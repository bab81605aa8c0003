/** Validation of the containers of a pod. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isDns1123Label, isHttpHeaderName, isPortName, isPortNumber } from './names.ts';
import { validateEnv, validateEnvFrom } from './validate-env.ts';
import { nonNegative, oneOf } from './validate-meta.ts';
import { validateMounts } from './validate-mounts.ts';
import { validateResources } from './validate-resources.ts';
import { validateContainerSecurity } from './validate-security.ts';
import type { Volumes } from './validate-volumes.ts';

export function validateContainers(spec: Loose, volumes: Volumes, at: Findings): void {
  const { containers, initContainers, ephemeralContainers } = spec;
  const seen = new Set<string>();
  const unique = (name: string, own: Findings) => {
    if (seen.has(name)) own.at('name').duplicate(name);
    if (name) seen.add(name);
  };
  const place = at.at('containers');
  if (!(containers?.length > 0)) place.required();
  place.items(containers as Loose[], (container, own) => {
    validateContainer(container, spec, volumes, own);
    unique(container['name'], own);
    validateLife(container, spec, own);
    validateRestarts(container, own);
  });
  validateHostPorts(containers ?? [], place);
  at.at('initContainers').items(initContainers as Loose[], (container, own) => {
    validateContainer(container, spec, volumes, own);
    validateRestarts(container, own);
    unique(container['name'], own);
    validateHostPorts([container], at.at('initContainers'));
    if (container['restartPolicy'] === 'Always') validateLife(container, spec, own);
    else forbid(container, LIFE, 'may not be set for init containers without restartPolicy=Always', own);
  });
  at.at('ephemeralContainers').items(ephemeralContainers as Loose[], (container, own) => {
    validateContainer(container, spec, volumes, own);
    unique(container['name'], own);
    validateEphemeral(container, [...(containers ?? []), ...(initContainers ?? [])], own);
  });
}

function validateContainer(container: Loose, spec: Loose, volumes: Volumes, at: Findings): void {
  const { name } = container;
  if (!name) at.at('name').required();
  else at.at('name').each(name, isDns1123Label(name));
  if (!container['image']) at.at('image').required();
  oneOf(container['terminationMessagePolicy'], ['File', 'FallbackToLogsOnError'], at.at('terminationMessagePolicy'));
  validatePorts(container['ports'], at.at('ports'));
  validateEnv(container['env'], at.at('env'));
  validateEnvFrom(container['envFrom'], at.at('envFrom'));
  validateMounts(container, volumes, at);
  oneOf(container['imagePullPolicy'], ['Always', 'IfNotPresent', 'Never'], at.at('imagePullPolicy'));
  const claims = (spec['resourceClaims'] ?? []).map((claim: Loose) => claim['name']).filter(Boolean);
  validateResources(container['resources'] ?? {}, claims, at.at('resources'));
  validateResizing(container['resizePolicy'], spec, at.at('resizePolicy'));
  validateContainerSecurity(container['securityContext'], at.at('securityContext'), spec['hostUsers'] !== false);
}

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'];
const LIFE = ['lifecycle', ...PROBES];

/** Probes and hooks are for what keeps running: containers, and init containers that restart. */
function validateLife(container: Loose, { terminationGracePeriodSeconds: grace }: Loose, at: Findings): void {
  for (const hook of ['postStart', 'preStop'])
    if (container['lifecycle']?.[hook]) validateHandler(container['lifecycle'][hook], at.at('lifecycle', hook), grace);
  for (const probe of PROBES)
    if (container[probe]) validateProbe(container[probe], at.at(probe), probe === 'readinessProbe');
}

function forbid(container: Loose, fields: string[], why: string, at: Findings): void {
  for (const field of fields) if (isSet(container[field])) at.at(field).forbidden(why);
}

const isSet = (value: unknown): boolean =>
  value !== undefined && value !== null && !(typeof value === 'object' && Object.keys(value).length === 0);

const NO_EPHEMERAL = 'cannot be set for an Ephemeral Container';
const RESTARTS = ['resizePolicy', 'restartPolicy', 'restartPolicyRules'];

function validateEphemeral(container: Loose, others: Loose[], at: Findings): void {
  const { targetContainerName: target } = container;
  if (target && !others.some(({ name }) => name === target)) at.at('targetContainerName').notFound(target);
  forbid(container, ['ports', 'resources', ...RESTARTS, ...PROBES, 'lifecycle'], NO_EPHEMERAL, at);
  at.at('volumeMounts').items(container['volumeMounts'] as Loose[], (mount, own) =>
    forbid(mount, ['subPath', 'subPathExpr'], NO_EPHEMERAL, own),
  );
}

const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];
const MOST_RULES = 20;
const MOST_CODES = 255;

/** A container may restart by rules of its own. */
function validateRestarts({ restartPolicy: policy, restartPolicyRules: rules }: Loose, at: Findings): void {
  if (policy === undefined && rules?.length > 0)
    at.at('restartPolicy').required('must specify restartPolicy when restart rules are used');
  if (policy !== undefined && !RESTART_POLICIES.includes(policy))
    at.at('restartPolicy').notSupported(policy, RESTART_POLICIES);
  if (rules?.length > MOST_RULES) at.at('restartPolicyRules').tooMany(rules.length, MOST_RULES);
  at.at('restartPolicyRules').items(rules as Loose[], ({ action = '', exitCodes }, own) => {
    if (!['Restart', 'RestartAllContainers'].includes(action))
      own.at('action').notSupported(action, ['Restart', 'RestartAllContainers']);
    const place = own.at('exitCodes');
    if (!exitCodes) {
      place.required('must be specified');
      return;
    }
    const { operator = '', values = [] } = exitCodes;
    if (!['In', 'NotIn'].includes(operator)) place.at('operator').notSupported(operator, ['In', 'NotIn']);
    if (values.length > MOST_CODES) place.at('values').tooMany(values.length, MOST_CODES);
  });
}

function validateResizing(policies: Loose[] | undefined, { restartPolicy }: Loose, at: Findings): void {
  const seen = new Set<string>();
  at.items(policies, ({ resourceName: name, restartPolicy: policy }, own) => {
    if (seen.has(name)) own.duplicate(name);
    seen.add(name);
    oneOf(name, ['cpu', 'memory'], at);
    oneOf(policy, ['NotRequired', 'RestartContainer'], at);
    if (restartPolicy === 'Never' && policy !== 'NotRequired')
      at.invalid(policy, "must be 'NotRequired' when `restartPolicy` is 'Never'");
  });
}

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

function validatePorts(ports: Loose[] | undefined, at: Findings): void {
  const seen = new Set<string>();
  at.items(ports, (port, own) => {
    if (port['name']) {
      const wrong = isPortName(port['name']);
      own.at('name').each(port['name'], wrong);
      if (wrong.length === 0) {
        if (seen.has(port['name'])) own.at('name').duplicate(port['name']);
        seen.add(port['name']);
      }
    }
    if (!port['containerPort']) own.at('containerPort').required();
    else own.at('containerPort').each(port['containerPort'], isPortNumber(port['containerPort']));
    if (port['hostPort']) own.at('hostPort').each(port['hostPort'], isPortNumber(port['hostPort']));
    oneOf(port['protocol'], PROTOCOLS, own.at('protocol'));
  });
}

function validateHostPorts(containers: Loose[], at: Findings): void {
  const seen = new Set<string>();
  at.items(containers, (container, own) =>
    own.at('ports').items(container['ports'] as Loose[], ({ hostPort, hostIP = '', protocol }, place) => {
      if (!hostPort) return;
      const text = `${protocol}/${hostIP}/${hostPort}`;
      if (seen.has(text)) place.at('hostPort').duplicate(text);
      seen.add(text);
    }),
  );
}

function validateProbe(probe: Loose, at: Findings, isReadiness: boolean): void {
  validateHandler(probe, at);
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ])
    nonNegative(probe[field], at.at(field));
  const grace = probe['terminationGracePeriodSeconds'];
  if (grace !== undefined && grace <= 0)
    at.at('terminationGracePeriodSeconds').invalid(grace, 'must be greater than 0');
  if (isReadiness && grace !== undefined)
    at.at('terminationGracePeriodSeconds').invalid(grace, 'must not be set for readinessProbes');
  if (!isReadiness && probe['successThreshold'] !== 1)
    at.at('successThreshold').invalid(probe['successThreshold'], 'must be 1');
}

/** `grace`: how long the pod has to end, for hooks that sleep. */
function validateHandler(handler: Loose, at: Findings, grace?: number): void {
  const given = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'].filter((kind) => handler[kind]);
  if (given.length === 0) at.required('must specify a handler type');
  for (const kind of given.slice(1)) at.at(kind).forbidden('may not specify more than 1 handler type');
  const { exec, httpGet, tcpSocket, grpc, sleep } = { [given[0] ?? '']: handler[given[0] ?? ''] } as Loose;
  if (exec && !(exec.command?.length > 0)) at.at('exec', 'command').required();
  if (httpGet) {
    if (!httpGet.path) at.at('httpGet', 'path').required();
    validatePortRef(httpGet.port, at.at('httpGet', 'port'));
    if (!['HTTP', 'HTTPS'].includes(httpGet.scheme))
      at.at('httpGet', 'scheme').notSupported(httpGet.scheme, ['HTTP', 'HTTPS']);
    for (const { name = '' } of httpGet.httpHeaders ?? [])
      at.at('httpGet', 'httpHeaders').each(name, isHttpHeaderName(name));
  }
  if (tcpSocket) validatePortRef(tcpSocket.port, at.at('tcpSocket', 'port'));
  if (grpc) at.at('grpc', 'port').each(grpc.port, isPortNumber(grpc.port));
  if (sleep && grace !== undefined && (sleep.seconds < 0 || sleep.seconds > grace))
    at.at('sleep').invalid(
      sleep.seconds,
      `must be non-negative and less than terminationGracePeriodSeconds (${grace})`,
    );
}

export function validatePortRef(port: number | string, at: Findings): void {
  at.each(port, typeof port === 'string' ? isPortName(port) : isPortNumber(port));
}
