/** Validation of pod specs, with the texts of Kubernetes' core validation. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isIp } from './ip.ts';
import { isDns1123Label, isDns1123Subdomain, isInRange } from './names.ts';
import { validateContainers } from './validate-container.ts';
import { oneOf, validateAnnotations, validateLabels } from './validate-meta.ts';
import {
  validateAffinity,
  validateReadinessGates,
  validateSecurity,
  validateSpread,
  validateTolerations,
} from './validate-placement.ts';
import { validateVolumes } from './validate-volumes.ts';

export function validatePodTemplate(template: Loose | undefined, at: Findings): void {
  if (!template) {
    at.required();
    return;
  }
  validateLabels(template['metadata']?.labels, at.at('metadata', 'labels'));
  validateAnnotations(template['metadata']?.annotations, at.at('metadata', 'annotations'));
  validatePodSpec(template['spec'] ?? {}, at.at('spec'));
  if (template['spec']?.ephemeralContainers?.length > 0)
    at.at('spec', 'ephemeralContainers').forbidden('ephemeral containers not allowed in pod template');
}

/** In the order of Kubernetes, so that the first finding is its first. */
export function validatePodSpec(spec: Loose, at: Findings, isPod = false): void {
  const volumes = validateVolumes(spec['volumes'], at.at('volumes'));
  validateContainers(spec, volumes, at);
  validateHostNetwork(spec, isPod, at.at('containers'));
  oneOf(spec['restartPolicy'], ['Always', 'OnFailure', 'Never'], at.at('restartPolicy'));
  oneOf(spec['dnsPolicy'], ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'], at.at('dnsPolicy'));
  validateLabels(spec['nodeSelector'], at.at('nodeSelector'));
  validateSecurity(spec['securityContext'], at.at('securityContext'));
  validateAffinity(spec['affinity'], at.at('affinity'));
  validateDns(spec, at.at('dnsConfig'));
  validateReadinessGates(spec['readinessGates'], at.at('readinessGates'));
  validateSpread(spec['topologySpreadConstraints'], at.at('topologySpreadConstraints'));
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
  if (isPod) checkImages(spec, at);
}

function validateNames(spec: Loose, fields: string[], at: Findings): void {
  for (const field of fields) if (spec[field]) at.at(field).each(spec[field], isDns1123Subdomain(spec[field]));
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

function validateDns({ dnsPolicy, dnsConfig }: Loose, at: Findings): void {
  if (dnsPolicy === 'None' && !dnsConfig) at.required('must provide `dnsConfig` when `dnsPolicy` is None');
  else if (dnsPolicy === 'None' && !(dnsConfig.nameservers?.length > 0))
    at.at('nameservers').required('must provide at least one DNS nameserver when `dnsPolicy` is None');
  const { nameservers, searches } = dnsConfig ?? {};
  if (nameservers?.length > 3) at.at('nameservers').invalid(nameservers, 'must not have more than 3 nameservers');
  at.at('nameservers').items(nameservers as string[], checkIp);
  if (searches?.length > 32) at.at('searches').invalid(searches, 'must not have more than 32 search paths');
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

/** Templates may have an image in blanks, for whoever replaces it. */
function checkImages(spec: Loose, at: Findings): void {
  for (const list of ['containers', 'initContainers'])
    at.at(list).items(spec[list] as Loose[], ({ image = '' }, own) => {
      if (image.trim() !== image) own.at('image').invalid(image, 'must not have leading or trailing whitespace');
    });
}
