/** StatefulSet: pods with a number and claims of their own, made in order and replaced from the last to the first. */
import { equalJson } from '../api/json.ts';
import type { KubeObject, OwnerReference } from '../api/object.ts';
import { isReady, isTerminal } from '../api/pods.ts';
import { selectorOf } from '../api/selectors.ts';
import { isAlreadyExists } from '../api/status.ts';
import { keyOf } from '../client/informer.ts';
import { PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS } from '../client/resources.ts';
import type { ControllerContext, ControllerDefinition, Reconcile } from './controller.ts';
import {
  REVISION_HASH,
  type Revisions,
  syncRevisions,
  templateOf,
  trimRevisions,
  watchRevisions,
} from './controller-revisions.ts';
import { scaledValue } from './int-or-percent.ts';
import { claim, controllerOf, indexByController, ownerReference } from './ownership.ts';
import { isAvailable, podFromTemplate } from './pods.ts';
import { positive } from './replica-set.ts';

export const statefulSetController: ControllerDefinition = {
  name: 'statefulset-controller',
  component: 'statefulset-controller',
  setUp,
};

function setUp(context: ControllerContext): Reconcile {
  const sets = context.informer(STATEFUL_SETS);
  const pods = context.informer(PODS);
  // A new pod may wait for the end of the claim that the last one of its name had.
  context.informer(PERSISTENT_VOLUME_CLAIMS).onChange(({ type, object }) => {
    if (type === 'deleted') for (const set of sets.list(object.metadata.namespace)) context.enqueue(keyOf(set));
  });
  indexByController(pods);
  watchRevisions(context);
  sets.onChange(({ object }) => context.enqueue(keyOf(object)));
  pods.onChange(({ object }) => {
    const controller = controllerOf(object);
    if (controller?.kind === 'StatefulSet') context.enqueue(`${object.metadata.namespace}/${controller.name}`);
  });
  return async (key) => {
    const set = sets.byKey(key);
    if (!set || set.metadata.deletionTimestamp) return undefined;
    const owned = await claim({
      client: context.client,
      informer: pods,
      resource: PODS,
      owner: set,
      selector: selectorOf(set.spec.selector),
      adoptable: (pod) => ordinalOf(set, pod) >= 0,
    });
    const revisions = await syncRevisions(context, set);
    const step = new Step(context, set, owned, revisions);
    let failure: unknown;
    try {
      await step.run();
    } catch (error) {
      failure = error;
    }
    const requeue = await step.writeStatus();
    if (failure) throw failure;
    await trimRevisions(context, revisions, step.revisionsInUse(), set.spec.revisionHistoryLimit ?? 10);
    return requeue;
  };
}

/** The number at the end of the pod's name, -1 for a name that is not the set's. */
function ordinalOf(set: KubeObject, pod: KubeObject): number {
  const prefix = `${set.metadata.name}-`;
  const number = pod.metadata.name.startsWith(prefix) ? pod.metadata.name.slice(prefix.length) : '';
  return /^(0|[1-9][0-9]{0,9})$/.test(number) ? Number(number) : -1;
}

/** One look at one set: as many steps as its order allows. */
class Step {
  readonly #context: ControllerContext;
  readonly #set: KubeObject;
  readonly #revisions: Revisions;
  readonly #pods = new Map<number, KubeObject>();
  readonly #start: number;
  readonly #replicas: number;
  readonly #ordered: boolean;

  constructor(context: ControllerContext, set: KubeObject, pods: KubeObject[], revisions: Revisions) {
    this.#context = context;
    this.#set = set;
    this.#revisions = revisions;
    this.#start = set.spec.ordinals?.start ?? 0;
    this.#replicas = set.spec.replicas ?? 1;
    this.#ordered = set.spec.podManagementPolicy !== 'Parallel';
    for (const pod of pods) this.#pods.set(ordinalOf(set, pod), pod);
  }

  async run(): Promise<void> {
    if (!(await this.#fill())) return;
    if (!(await this.#condemn())) return;
    if (this.#set.spec.updateStrategy?.type !== 'OnDelete') await this.#replaceOutdated();
  }

  /** Makes what is missing, first to last; false where the order makes the rest wait. */
  async #fill(): Promise<boolean> {
    for (let ordinal = this.#start; ordinal < this.#start + this.#replicas; ordinal++) {
      let pod = this.#pods.get(ordinal);
      if (pod && isTerminal(pod)) {
        if (!pod.metadata.deletionTimestamp) await this.#delete(pod);
        if (this.#ordered) return false;
        continue;
      }
      if (!pod) {
        if (!this.#hasStaleClaim(ordinal)) {
          pod = await this.#create(ordinal);
          this.#pods.set(ordinal, pod);
        }
        if (this.#ordered) return false;
        continue;
      }
      if (this.#ordered && !this.#isHealthy(pod)) return false;
      await this.#ensureClaims(ordinal, pod);
    }
    return true;
  }

  /** Removes what is too many, last to first. In order, of those that are not healthy only the lowest may go. */
  async #condemn(): Promise<boolean> {
    const outside = [...this.#pods].filter(([ordinal]) => !this.#isWanted(ordinal)).sort(([a], [b]) => b - a);
    const [, lowest] = outside.findLast(([, pod]) => !this.#isHealthy(pod)) ?? [];
    for (const [ordinal, pod] of outside) {
      await this.#ensureClaims(ordinal, pod);
      const waits = this.#ordered && !this.#isHealthy(pod) && pod !== lowest;
      if (!pod.metadata.deletionTimestamp && !waits) await this.#delete(pod);
      if (this.#ordered) return false;
    }
    return true;
  }

  /** Deletes pods of an old revision, last to first, as many at a time as may be unavailable. */
  async #replaceOutdated(): Promise<void> {
    const { partition = 0, maxUnavailable } = this.#set.spec.updateStrategy?.rollingUpdate ?? {};
    let allowed = Math.max(1, scaledValue(maxUnavailable ?? 1, this.#replicas, 'up'));
    const numbers = [...this.#pods.keys()].filter((ordinal) => this.#isWanted(ordinal));
    for (const pod of this.#pods.values()) if (!this.#isHealthy(pod)) allowed--;
    for (const ordinal of numbers.sort((a, b) => b - a)) {
      if (ordinal < this.#start + partition) return;
      const pod = this.#pods.get(ordinal)!;
      const outdated = pod.metadata.labels?.[REVISION_HASH] !== this.#revisions.update.metadata.name;
      if (!outdated || pod.metadata.deletionTimestamp) continue;
      // One that never came up is replaced even when no more may be unavailable.
      if (allowed <= 0 && this.#isHealthy(pod)) return;
      await this.#delete(pod);
      if (this.#isHealthy(pod)) allowed--;
    }
  }

  #isHealthy(pod: KubeObject): boolean {
    const { deletionTimestamp } = pod.metadata;
    const seconds: number = this.#set.spec.minReadySeconds ?? 0;
    return !deletionTimestamp && isReady(pod) && isAvailable(pod, seconds, this.#context.clock.now());
  }

  async #create(ordinal: number): Promise<KubeObject> {
    const name = `${this.#set.metadata.name}-${ordinal}`;
    const { recorder, client } = this.#context;
    const what = `Pod ${name} in StatefulSet ${this.#set.metadata.name}`;
    try {
      await this.#ensureClaims(ordinal);
      const pod = await client.create(PODS, this.#podFor(ordinal, name));
      recorder.event(this.#set, 'Normal', 'SuccessfulCreate', `create ${what} successful`);
      return pod;
    } catch (error) {
      recorder.event(this.#set, 'Warning', 'FailedCreate', `create ${what} failed error: ${(error as Error).message}`);
      throw error;
    }
  }

  #podFor(ordinal: number, name: string): KubeObject {
    const revision = this.#revisionFor(ordinal);
    const pod = podFromTemplate(this.#set, templateOf(revision), name);
    const claimed = this.#claimNames(ordinal);
    pod.metadata.labels = {
      ...pod.metadata.labels,
      'apps.kubernetes.io/pod-index': String(ordinal),
      [REVISION_HASH]: revision.metadata.name,
      'statefulset.kubernetes.io/pod-name': name,
    };
    const others = (pod.spec.volumes ?? []).filter((volume: KubeObject) => !claimed.has(String(volume.name)));
    const volumes = [
      ...[...claimed].map(([volume, claimName]) => ({ name: volume, persistentVolumeClaim: { claimName } })),
      ...others,
    ];
    pod.spec = {
      ...pod.spec,
      hostname: name,
      ...(this.#set.spec.serviceName && { subdomain: this.#set.spec.serviceName }),
      ...(volumes.length > 0 && { volumes }),
    };
    return pod;
  }

  /** Below the partition pods keep the revision that all had before. */
  #revisionFor(ordinal: number): KubeObject {
    const partition = this.#set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    const { update } = this.#revisions;
    return ordinal < this.#start + partition ? this.#currentRevision() : update;
  }

  #currentRevision(): KubeObject {
    const name = this.#set.status?.currentRevision;
    return this.#revisions.all.find(({ metadata }) => metadata.name === name) ?? this.#revisions.update;
  }

  #claimNames(ordinal: number): Map<string, string> {
    const templates: KubeObject[] = this.#set.spec.volumeClaimTemplates ?? [];
    return new Map(templates.map(({ metadata: { name } }) => [name, `${name}-${this.#set.metadata.name}-${ordinal}`]));
  }

  /** Makes the claims of a pod that are missing, and has all of them go with whom the set's policy says. */
  async #ensureClaims(ordinal: number, pod?: KubeObject): Promise<void> {
    for (const template of this.#set.spec.volumeClaimTemplates ?? []) {
      const name = this.#claimNames(ordinal).get(template.metadata.name)!;
      const claim = this.#claim(name);
      if (!claim) {
        if (this.#isWanted(ordinal)) await this.#createClaim(template, name, ordinal);
        continue;
      }
      const ownerReferences = this.#claimOwners(claim, ordinal, pod);
      if (equalJson(ownerReferences, claim.metadata.ownerReferences ?? [])) continue;
      const patch = { metadata: { uid: claim.metadata.uid, ownerReferences } };
      const { namespace } = claim.metadata;
      await this.#context.client.patch(PERSISTENT_VOLUME_CLAIMS, name, namespace, patch, { type: 'merge' });
    }
  }

  #claim(name: string): KubeObject | undefined {
    return this.#context.informer(PERSISTENT_VOLUME_CLAIMS).get(name, this.#set.metadata.namespace);
  }

  #isWanted(ordinal: number): boolean {
    return ordinal >= this.#start && ordinal < this.#start + this.#replicas;
  }

  /** The set, as long as it wants the pod; else the pod, on its way out; or nobody. A claim of others is left to them. */
  #claimOwners({ metadata }: KubeObject, ordinal: number, pod: KubeObject | undefined): OwnerReference[] {
    const { whenScaled, whenDeleted } = this.#set.spec.persistentVolumeClaimRetentionPolicy ?? {};
    const ours = new Set([this.#set.metadata.uid, pod?.metadata.uid]);
    const others = (metadata.ownerReferences ?? []).filter(({ uid }) => !ours.has(uid));
    if (others.some(({ controller }) => controller)) return others;
    const scaledAway = !this.#isWanted(ordinal);
    if (scaledAway && whenScaled === 'Delete') return pod ? [...others, ownerReference(pod)] : others;
    return whenDeleted === 'Delete' ? [...others, ownerReference(this.#set)] : others;
  }

  /** One that goes with a pod of the same name that was scaled away. */
  #hasStaleClaim(ordinal: number): boolean {
    if (this.#set.spec.persistentVolumeClaimRetentionPolicy?.whenScaled !== 'Delete') return false;
    return [...this.#claimNames(ordinal).values()].some((name) =>
      this.#claim(name)?.metadata.ownerReferences?.some(({ kind }) => kind === 'Pod'),
    );
  }

  async #createClaim(template: KubeObject, name: string, ordinal: number): Promise<void> {
    const { namespace, name: owner } = this.#set.metadata;
    const claim: KubeObject = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        ...(template.metadata.annotations && { annotations: template.metadata.annotations }),
        labels: { ...template.metadata.labels, ...this.#set.spec.selector?.matchLabels },
        name,
        namespace,
      },
      spec: template.spec,
    };
    const ownerReferences = this.#claimOwners(claim, ordinal, undefined);
    if (ownerReferences.length > 0) claim.metadata.ownerReferences = ownerReferences;
    const { recorder, client } = this.#context;
    try {
      await client.create(PERSISTENT_VOLUME_CLAIMS, claim);
    } catch (error) {
      if (isAlreadyExists(error)) return;
      const { message } = error as Error;
      const told = `create Claim ${name} for Pod ${owner}-${ordinal} in StatefulSet ${owner} failed error: ${message}`;
      recorder.event(this.#set, 'Warning', 'FailedCreate', told);
      throw new Error(`failed to create PVC ${name}: ${message}`, { cause: error });
    }
    const message = `create Claim ${name} Pod ${owner}-${ordinal} in StatefulSet ${owner} success`;
    recorder.event(this.#set, 'Normal', 'SuccessfulCreate', message);
  }

  async #delete(pod: KubeObject): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    await this.#context.client.delete(PODS, name, namespace, { preconditions: { uid } });
    const message = `delete Pod ${name} in StatefulSet ${this.#set.metadata.name} successful`;
    this.#context.recorder.event(this.#set, 'Normal', 'SuccessfulDelete', message);
  }

  revisionsInUse(): Set<string> {
    const used = new Set([this.#currentRevision().metadata.name]);
    for (const pod of this.#pods.values()) used.add(pod.metadata.labels?.[REVISION_HASH] ?? '');
    return used;
  }

  async writeStatus(): Promise<number | undefined> {
    const { client, clock } = this.#context;
    const set = this.#context.informer(STATEFUL_SETS).get(this.#set.metadata.name, this.#set.metadata.namespace);
    if (!set || set.metadata.uid !== this.#set.metadata.uid) return undefined;
    const pods = this.#context.informer(PODS).byIndex('controller', set.metadata.uid!);
    const seconds: number = set.spec.minReadySeconds ?? 0;
    const update = this.#revisions.update.metadata.name;
    let current: string = this.#currentRevision().metadata.name;
    const ready = pods.filter(isReady);
    const available = ready.filter((pod) => isAvailable(pod, seconds, clock.now()));
    const having = (name: string) =>
      pods.filter((pod) => !pod.metadata.deletionTimestamp && pod.metadata.labels?.[REVISION_HASH] === name).length;
    const updated = having(update);
    const rolling = set.spec.updateStrategy?.type !== 'OnDelete';
    const complete = rolling && updated === pods.length && ready.length === pods.length && updated === this.#replicas;
    if (complete) current = update;
    const status = {
      observedGeneration: set.metadata.generation,
      replicas: pods.length,
      ...positive('readyReplicas', ready.length),
      ...positive('currentReplicas', having(current)),
      ...positive('updatedReplicas', updated),
      currentRevision: current,
      updateRevision: update,
      collisionCount: this.#revisions.collisions,
      availableReplicas: available.length,
    };
    if (!equalJson(status, set.status))
      await client.update(STATEFUL_SETS, { ...set, status }, { subresource: 'status' });
    return seconds > 0 && ready.length !== available.length ? seconds * 1000 : undefined;
  }
}
