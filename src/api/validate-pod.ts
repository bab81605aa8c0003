/** Validation of pod specs, with the texts of Kubernetes' core validation. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isIp } from './ip.ts';
import { isDns1123Label, isDns1123Subdomain, isInRange, isSearchDomain } from './names.ts';
import { validateContainers } from './validate-container.ts';
import { oneOf, validateAnnotations, validateLabels } from './validate-meta.ts';
import { validateOs } from './validate-os.ts';
import {
  validateAffinity,
  validateReadinessGates,
  validateSchedulingGates,
  validateSpread,
  validateTolerations,
} from './validate-placement.ts';
import { validatePodResources, validateResources } from './validate-resources.ts';
import { validatePodSecurity } from './validate-security.ts';
import { validateVolumes } from './validate-volumes.ts';

export function validatePodTemplate(template: Loose | undefined, at: Findings): void {
  if (!template) {
    at.required();
    return;
  }
  validateLabels(template['metadata']?.labels, at.at('metadata', 'labels'));
  validateAnnotations(template['metadata']?.annotations, at.at('metadata', 'annotations'));
  validatePodAnnotations(template, at.at('metadata', 'annotations'));
  validatePodSpec(template['spec'] ?? {}, at.at('spec'));
  if (template['spec']?.ephemeralContainers?.length > 0)
    at.at('spec', 'ephemeralContainers').forbidden('ephemeral containers not allowed in pod template');
}

export function validatePod(pod: Loose, at: Findings): void {
  const { spec = {} } = pod;
  validatePodAnnotations(pod, at.at('metadata', 'annotations'));
  const own = at.at('spec');
  validatePodSpec(spec, own, true);
  if (!spec.serviceAccountName)
    own.at('volumes').items(spec.volumes as Loose[], ({ projected }, place) =>
      place.at('projected', 'sources').items(projected?.sources as Loose[], ({ serviceAccountToken }, source) => {
        if (serviceAccountToken)
          source.at('serviceAccountToken').forbidden('must not be specified when serviceAccountName is not set');
      }),
    );
  // Templates may have an image in blanks, for whoever replaces it.
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'])
    own.at(list).items(spec[list] as Loose[], ({ image = '' }, place) => {
      if (image.trim() !== image) place.at('image').invalid(image, 'must not have leading or trailing whitespace');
    });
}

/** What only a new pod is asked. */
export function validateNewPod({ spec = {} }: Loose, at: Findings): void {
  if (spec.ephemeralContainers?.length > 0) at.at('spec', 'ephemeralContainers').forbidden('cannot be set on create');
  if (spec.nodeName && spec.schedulingGates?.length > 0)
    at.at('spec', 'nodeName').forbidden('cannot be set until all schedulingGates have been cleared');
}

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const MIRROR = 'kubernetes.io/config.mirror';

function validatePodAnnotations({ metadata, spec }: Loose, at: Findings): void {
  const { [DELETION_COST]: cost, [MIRROR]: mirror } = metadata?.annotations ?? {};
  if (mirror !== undefined && !spec?.nodeName)
    at.key(MIRROR).invalid(mirror, 'must set spec.nodeName if mirror pod annotation is set');
  if (cost !== undefined && !(/^(-?[1-9]\d{0,9}|0)$/.test(cost) && Number(cost) === (Number(cost) | 0)))
    at.key(DELETION_COST).invalid(cost, 'must be a 32bit integer');
}

/** In the order of Kubernetes, so that the first finding is its first. */
function validatePodSpec(spec: Loose, at: Findings, isPod = false): void {
  const volumes = validateVolumes(spec['volumes'], at.at('volumes'));
  validateClaims(spec['resourceClaims'], at.at('resourceClaims'));
  validateContainers(spec, volumes, at);
  validatePodResources(spec, at.at('resources'));
  validateHostNetwork(spec, isPod, at.at('containers'));
  oneOf(spec['restartPolicy'], ['Always', 'OnFailure', 'Never'], at.at('restartPolicy'));
  oneOf(spec['dnsPolicy'], ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'], at.at('dnsPolicy'));
  validateLabels(spec['nodeSelector'], at.at('nodeSelector'));
  validatePodSecurity(spec, at.at('securityContext'));
  validateAffinity(spec['affinity'], at.at('affinity'));
  validateDns(spec, at.at('dnsConfig'));
  validateReadinessGates(spec['readinessGates'], at.at('readinessGates'));
  validateSchedulingGates(spec['schedulingGates'], at.at('schedulingGates'));
  validateSpread(spec['topologySpreadConstraints'], at.at('topologySpreadConstraints'));
  validateHostUsers(spec, at);
  validateNames(spec, ['serviceAccountName', 'nodeName'], at);
  if (spec['activeDeadlineSeconds'] !== undefined)
    at.at('activeDeadlineSeconds').each(
      spec['activeDeadlineSeconds'],
      isInRange(spec['activeDeadlineSeconds'], 1, 2147483647),
    );
  for (const field of ['hostname', 'subdomain'])
    if (spec[field]) at.at(field).each(spec[field], isDns1123Label(spec[field]));
  validateTolerations(spec['tolerations'], at.at('tolerations'));
  validateHostAliases(spec['hostAliases'], at.at('hostAliases'));
  validateNames(spec, ['priorityClassName', 'runtimeClassName'], at);
  if (spec['preemptionPolicy'] !== undefined)
    oneOf(spec['preemptionPolicy'], ['PreemptLowerPriority', 'Never'], at.at('preemptionPolicy'));
  if (spec['overhead']) validateResources({ limits: spec['overhead'] }, [], at.at('overhead'));
  if (spec['os']) validateOs(spec, at);
}

function validateNames(spec: Loose, fields: string[], at: Findings): void {
  for (const field of fields) if (spec[field]) at.at(field).each(spec[field], isDns1123Subdomain(spec[field]));
}

function validateClaims(claims: Loose[] | undefined, at: Findings): void {
  const seen = new Set<string>();
  at.items(claims, (claim, own) => {
    const { name, resourceClaimName: claimName, resourceClaimTemplateName: template } = claim;
    if (!name) own.at('name').required();
    else if (seen.has(name)) own.at('name').duplicate(name);
    else own.at('name').each(name, isDns1123Label(name));
    seen.add(name);
    const value = {
      Name: name ?? '',
      ResourceClaimName: claimName ?? null,
      ResourceClaimTemplateName: template ?? null,
    };
    if (claimName !== undefined && template !== undefined)
      own.invalid(value, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified');
    if (claimName === undefined && template === undefined)
      own.invalid(value, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`');
    for (const [field, text] of Object.entries({ resourceClaimName: claimName, resourceClaimTemplateName: template }))
      if (text !== undefined) own.at(field).each(text, isDns1123Subdomain(text));
  });
}

function validateHostNetwork(spec: Loose, isPod: boolean, at: Findings): void {
  if (spec['hostNetwork'] !== true) return;
  at.items(spec['containers'] as Loose[], (container, own) =>
    own.at('ports').items(container['ports'] as Loose[], ({ hostPort = 0, containerPort }, place) => {
      if ((isPod || hostPort !== 0) && hostPort !== containerPort)
        place.at('hostPort').invalid(hostPort, 'must match `containerPort` when `hostNetwork` is true');
    }),
  );
}

/** A pod with users of its own shares nothing with its node. The names are as Kubernetes spells them. */
function validateHostUsers({ hostUsers, hostNetwork, hostPID, hostIPC }: Loose, at: Findings): void {
  if (hostUsers !== false) return;
  for (const [field, shared] of Object.entries({ hostNetwork, HostPID: hostPID, HostIPC: hostIPC }))
    if (shared) at.at(field).forbidden('when `pod.Spec.HostUsers` is false');
}

const LONGEST_SEARCH = 2048;

function validateDns({ dnsPolicy, dnsConfig }: Loose, at: Findings): void {
  if (dnsPolicy === 'None' && !dnsConfig) at.required('must provide `dnsConfig` when `dnsPolicy` is None');
  else if (dnsPolicy === 'None' && !(dnsConfig.nameservers?.length > 0)) {
    at.at('nameservers').required('must provide at least one DNS nameserver when `dnsPolicy` is None');
    return;
  }
  const { nameservers, searches = [], options } = dnsConfig ?? {};
  if (nameservers?.length > 3) at.at('nameservers').invalid(nameservers, 'must not have more than 3 nameservers');
  at.at('nameservers').items(nameservers as string[], checkIp);
  const own = at.at('searches');
  if (searches.length > 32) own.invalid(searches, 'must not have more than 32 search paths');
  if (searches.join(' ').length > LONGEST_SEARCH)
    own.invalid(searches, `must not have more than ${LONGEST_SEARCH} characters (including spaces) in the search list`);
  own.items(searches as string[], (search, place) => {
    const name = search.replace(/\.$/, '');
    if (search !== '.') place.each(name, isSearchDomain(name));
  });
  at.at('options').items(options as Loose[], ({ name }, place) => {
    if (!name) place.required('must not be empty');
  });
}

function checkIp(ip: string | undefined, at: Findings): void {
  if (!isIp(ip)) at.invalid(ip ?? '', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)');
}

function validateHostAliases(aliases: Loose[] | undefined, at: Findings): void {
  at.items(aliases, ({ ip, hostnames }, own) => {
    checkIp(ip, own.at('ip'));
    own.at('hostnames').items(hostnames as string[], (name, place) => place.each(name, isDns1123Subdomain(name)));
  });
}
