/** Validation of what may change in a pod: its image, and little else; more through its subresources. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { equalJson } from './json.ts';
import { qosClass } from './qos.ts';
import { validateTolerations } from './validate-placement.ts';

const POD_TEXT =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export function validatePodUpdate(object: Loose, old: Loose, at: Findings): void {
  const [spec, before]: Loose[] = [object['spec'] ?? {}, old['spec'] ?? {}];
  for (const list of ['containers', 'initContainers'])
    if ((spec![list]?.length ?? 0) !== (before![list]?.length ?? 0)) {
      at.at(list).forbidden('pod updates may not add or remove containers');
      return;
    }
  if (!validateDeadline(spec!, before!, at.at('activeDeadlineSeconds'))) return;
  validateAddedTolerations(spec!['tolerations'] ?? [], before!['tolerations'] ?? [], at.at('tolerations'));
  const gates = (before!['schedulingGates'] ?? []).map(({ name }: Loose) => name);
  at.at('schedulingGates').items(spec!['schedulingGates'] as Loose[], ({ name }, own) => {
    if (!gates.includes(name))
      own.at('name').forbidden(`only deletion is allowed, but found new scheduling gate '${name}'`);
  });
  const gated = gates.length > 0;
  if (gated) validateGated(spec!, before!, at);
  if (!equalJson(fixedPart(spec!, before!, gated), fixedPart(before!, before!, gated))) at.forbidden(POD_TEXT);
}

/** A deadline may be set once, and come nearer. Answers whether it is a deadline at all. */
function validateDeadline(spec: Loose, before: Loose, at: Findings): boolean {
  const [deadline, was] = [spec['activeDeadlineSeconds'], before['activeDeadlineSeconds']];
  if (deadline === undefined) {
    if (was !== undefined) at.invalid(null, 'must not update from a positive integer to nil value');
    return true;
  }
  if (deadline < 0 || deadline > 2147483647) at.invalid(deadline, 'must be between 0 and 2147483647, inclusive');
  else if (was !== undefined && was < deadline) at.invalid(deadline, 'must be less than or equal to previous value');
  else return true;
  return false;
}

function validateAddedTolerations(tolerations: Loose[], before: Loose[], at: Findings): void {
  const bare = ({ tolerationSeconds: _t, ...toleration }: Loose) => toleration;
  const kept = before.every((each) => tolerations.some((other) => equalJson(bare(each), bare(other))));
  if (!kept) at.forbidden('existing toleration can not be modified except its tolerationSeconds');
  else if (!equalJson(tolerations, before)) validateTolerations(tolerations, at);
}

/** A pod that is held back may still be told more exactly where to run. */
function validateGated({ nodeSelector = {}, affinity }: Loose, before: Loose, at: Findings): void {
  for (const [key, value] of Object.entries(before['nodeSelector'] ?? {}))
    if (nodeSelector[key] !== value) {
      at.at('nodeSelector').invalid(
        nodeSelector,
        'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
      );
      break;
    }
  const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
  const was = before['affinity']?.nodeAffinity?.[REQUIRED]?.nodeSelectorTerms ?? [];
  const terms = affinity?.nodeAffinity?.[REQUIRED]?.nodeSelectorTerms ?? [];
  if (was.length > 0 && was.length !== terms.length)
    at.at('affinity', 'nodeAffinity', REQUIRED, 'nodeSelectorTerms').invalid(
      terms,
      'no additions/deletions to non-empty NodeSelectorTerms list are allowed',
    );
}

/** Of a pod's spec, what no update may change. Binding has a way of its own. */
function fixedPart(spec: Loose, before: Loose, gated: boolean): Loose {
  const { activeDeadlineSeconds: _a, tolerations: _t, nodeName: _n, schedulingGates: _g, ...rest } = spec;
  const bare = (containers: Loose[] | undefined) => (containers ?? []).map(({ image: _i, ...container }) => container);
  const fixed = {
    ...rest,
    containers: bare(spec['containers']),
    initContainers: bare(spec['initContainers']),
  } as Loose;
  const grace = 'terminationGracePeriodSeconds';
  if (before[grace] < 0 && spec[grace] === 1) fixed[grace] = before[grace];
  if (gated) {
    const { podAffinity = null, podAntiAffinity = null } = spec['affinity'] ?? {};
    Object.assign(fixed, { nodeSelector: null, affinity: { podAffinity, podAntiAffinity } });
  }
  return fixed;
}

/** Containers to look into a pod are added one after the other and stay as they are. */
export function validateEphemeralUpdate(object: Loose, old: Loose, at: Findings): void {
  const own = at.at('ephemeralContainers');
  const now: Loose[] = object['spec'].ephemeralContainers ?? [];
  for (const container of old['spec'].ephemeralContainers ?? []) {
    const name = JSON.stringify(container.name);
    const same = now.find((each) => each['name'] === container.name);
    if (same === undefined) own.forbidden(`existing ephemeral containers ${name} may not be removed\n`);
    else if (!equalJson(same, container)) own.forbidden(`existing ephemeral containers ${name} may not be changed`);
  }
}

/** Running containers get more or less of what they have, and no pod becomes one of another class. */
export function validateResize(object: Loose, old: Loose, at: Findings): void {
  const [spec, before] = [object['spec'], old['spec']];
  if (before.os?.name === 'windows') {
    at.list.push({ reason: 'FieldValueForbidden', message: 'Forbidden: windows pods cannot be resized', field: '' });
    return;
  }
  const quality = qosClass(spec);
  if (quality !== (old['status']?.qosClass ?? qosClass(before)))
    at.invalid(old['status']?.qosClass ?? quality, 'Pod QOS Class may not change as a result of resizing');
  for (const list of ['initContainers', 'containers'])
    at.at(list).items((spec[list] ?? []) as Loose[], (container, own) => {
      const was = before[list]?.find(({ name }: Loose) => name === container['name']);
      if (was === undefined) return;
      const stays = list === 'containers' || was.restartPolicy === 'Always';
      if (stays) validateContainerResize(container, was, own.at('resources'));
      else if (!equalJson(container, was)) at.forbidden('resources for non-sidecar init containers are immutable');
      if (stays && !equalJson(otherResources(container), otherResources(was)))
        at.forbidden(
          `only cpu and memory resources ${list === 'containers' ? '' : 'for sidecar containers '}are mutable`,
        );
    });
}

const RESIZABLE = new Set(['cpu', 'memory']);

const otherResources = ({ resources }: Loose): Loose =>
  Object.fromEntries(
    ['limits', 'requests'].map((kind) => [
      kind,
      Object.fromEntries(Object.entries(resources?.[kind] ?? {}).filter(([name]) => !RESIZABLE.has(name))),
    ]),
  );

function validateContainerResize({ resources = {}, resizePolicy }: Loose, was: Loose, at: Findings): void {
  for (const kind of ['requests', 'limits'])
    if (Object.keys(was['resources']?.[kind] ?? {}).some((name) => resources[kind]?.[name] === undefined))
      at.at(kind).forbidden(`resource ${kind} cannot be removed`);
  const restarts = resizePolicy?.some(
    ({ resourceName, restartPolicy }: Loose) => resourceName === 'memory' && restartPolicy === 'RestartContainer',
  );
  const [limit, before] = [resources.limits?.memory, was['resources']?.limits?.memory];
  if (restarts || limit === undefined || before !== undefined) return;
  at.at('limits').key('memory').forbidden('memory limits cannot be added unless resizePolicy is RestartContainer');
}
