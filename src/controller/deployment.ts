/** Deployment: rolls its replica sets from the old template to the new, or all at once, and remembers the old ones. */
import { findCondition, withCondition } from '../api/conditions.ts';
import { equalJson } from '../api/json.ts';
import type { KubeObject } from '../api/object.ts';
import { matchesLabels, selectorOf } from '../api/selectors.ts';
import { isAlreadyExists } from '../api/status.ts';
import { keyOf } from '../client/informer.ts';
import { DEPLOYMENTS, PODS, REPLICA_SETS } from '../client/resources.ts';
import type { ControllerContext, ControllerDefinition, Reconcile } from './controller.ts';
import {
  byCreation,
  DESIRED_REPLICAS,
  findReplicaSets,
  isActiveSet,
  isRolling,
  MAX_REPLICAS,
  newReplicaSet,
  newSetAnnotations,
  nextRevision,
  REVISION,
  type ReplicaSets,
  replicasOf,
  revisionOf,
  sizeAnnotations,
  sumReplicas,
} from './deployment-revisions.ts';
import {
  countStatus,
  hasDeadline,
  isComplete,
  progressing,
  rolloutStatus,
  untilDeadline,
} from './deployment-status.ts';
import { availableScaleDown, newSetSize, proportionalSizes, unhealthyScaleDown } from './deployment-steps.ts';
import { claim, controllerOf, indexByController, isControlledBy, ownedBy, ownerReference } from './ownership.ts';
import { templateHash } from './template-hash.ts';

export const deploymentController: ControllerDefinition = {
  name: 'deployment-controller',
  component: 'deployment-controller',
  setUp,
};

function setUp(context: ControllerContext): Reconcile {
  const deployments = context.informer(DEPLOYMENTS);
  const sets = context.informer(REPLICA_SETS);
  const pods = context.informer(PODS);
  indexByController(sets);
  indexByController(pods);
  deployments.onChange(({ object }) => context.enqueue(keyOf(object)));
  sets.onChange(({ object, previous }) => {
    enqueueOwner(object);
    if (previous && !equalJson(controllerOf(previous), controllerOf(object))) enqueueOwner(previous);
  });
  // A rollout by Recreate waits for the last old pod to go.
  pods.onChange(({ type, object }) => {
    if (type !== 'deleted') return;
    const set = sets.get(controllerOf(object)?.name ?? '', object.metadata.namespace);
    const deployment = set && deployments.get(controllerOf(set)?.name ?? '', object.metadata.namespace);
    if (deployment && !isRolling(deployment)) context.enqueue(keyOf(deployment));
  });

  function enqueueOwner(set: KubeObject): void {
    const controller = controllerOf(set);
    if (controller?.kind === 'Deployment') context.enqueue(`${set.metadata.namespace}/${controller.name}`);
    if (controller || set.metadata.deletionTimestamp) return;
    for (const deployment of deployments.list(set.metadata.namespace))
      if (matchesLabels(selectorOf(deployment.spec.selector), set.metadata.labels)) context.enqueue(keyOf(deployment));
  }

  return async (key) => {
    const deployment = deployments.byKey(key);
    if (!deployment) return undefined;
    const selector = selectorOf(deployment.spec.selector);
    if (selector?.requirements.length === 0) {
      context.recorder.event(
        deployment,
        'Warning',
        'SelectingAll',
        'This deployment is selecting all pods. A non-empty selector is required.',
      );
      return undefined;
    }
    const owned = await claim({
      client: context.client,
      informer: sets,
      resource: REPLICA_SETS,
      owner: deployment,
      selector,
    });
    return new Rollout(context, deployment, owned).run();
  };
}

/** One look at one deployment: what it has found, and the writes that follow from it. */
class Rollout {
  readonly #context: ControllerContext;
  #deployment: KubeObject;
  #sets: KubeObject[];

  constructor(context: ControllerContext, deployment: KubeObject, sets: KubeObject[]) {
    this.#context = context;
    this.#deployment = deployment;
    this.#sets = sets;
  }

  async run(): Promise<number | undefined> {
    if (this.#deployment.metadata.deletionTimestamp) {
      const found = findReplicaSets(this.#deployment, this.#sets);
      return this.#writeStatus(countStatus(this.#deployment, found, this.#now()));
    }
    await this.#markPaused();
    if (this.#deployment.spec.paused || this.#isScaled()) return this.#scale();
    return isRolling(this.#deployment) ? this.#roll() : this.#recreate();
  }

  #now(): number {
    return this.#context.clock.now();
  }

  /** A paused rollout makes no progress and must not be blamed for it. */
  async #markPaused(): Promise<void> {
    const { spec, status } = this.#deployment;
    if (!hasDeadline(this.#deployment)) return;
    const current = findCondition(status?.conditions, 'Progressing');
    if (current?.reason === 'ProgressDeadlineExceeded') return;
    const marked = current?.reason === 'DeploymentPaused';
    if (Boolean(spec.paused) === marked) return;
    const condition = spec.paused
      ? progressing('Unknown', 'DeploymentPaused', 'Deployment is paused', this.#now())
      : progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed', this.#now());
    await this.#updateStatus({ ...status, conditions: withCondition(status?.conditions, condition) });
  }

  /** Whether the size asked for is not the one the replica sets were last told. */
  #isScaled(): boolean {
    const desired = String(replicasOf(this.#deployment));
    return this.#sets
      .filter(isActiveSet)
      .some((set) => (set.metadata.annotations?.[DESIRED_REPLICAS] ?? desired) !== desired);
  }

  async #scale(): Promise<number | undefined> {
    const found = await this.#replicaSets(false);
    const sizes = proportionalSizes(this.#deployment, found);
    for (const [set, size] of sizes) await this.#resize(found, set, size);
    if (this.#deployment.spec.paused) await this.#cleanUp(found.oldSets);
    // Scaling is no progress of a rollout, and a paused one makes none.
    return this.#writeStatus(countStatus(this.#deployment, found, this.#now()));
  }

  async #roll(): Promise<number | undefined> {
    const found = await this.#replicaSets(true);
    if (!found.newSet) return undefined;
    if (!(await this.#growNew(found))) {
      const shrunk = await this.#shrinkOld(found);
      if (!shrunk && isComplete(this.#deployment, this.#deployment.status)) await this.#cleanUp(found.oldSets);
    }
    return this.#writeStatus(rolloutStatus(this.#deployment, found, this.#now()));
  }

  async #recreate(): Promise<number | undefined> {
    let found = await this.#replicaSets(false);
    const active = found.oldSets.filter(isActiveSet);
    for (const set of active) await this.#resize(found, set, 0);
    if (active.length === 0 && !this.#hasOldPods(found)) {
      found = await this.#replicaSets(true);
      if (!found.newSet) return undefined;
      await this.#resize(found, found.newSet, replicasOf(this.#deployment));
      if (isComplete(this.#deployment, this.#deployment.status)) await this.#cleanUp(found.oldSets);
    }
    return this.#writeStatus(rolloutStatus(this.#deployment, found, this.#now()));
  }

  #hasOldPods({ oldSets }: ReplicaSets): boolean {
    const pods = this.#context.informer(PODS);
    return oldSets.some((set) =>
      ownedBy(pods, set).some(({ status }) => status?.phase !== 'Failed' && status?.phase !== 'Succeeded'),
    );
  }

  /** The sets, with the new one's annotations and the deployment's revision brought up to date, or the new one made. */
  async #replicaSets(create: boolean): Promise<ReplicaSets> {
    const found = findReplicaSets(this.#deployment, this.#sets);
    const revision = nextRevision(found.oldSets);
    if (found.newSet) {
      found.newSet = await this.#refresh(found.newSet, revision);
      await this.#noteRevision(revisionOf(found.newSet));
      if (hasDeadline(this.#deployment) && !findCondition(this.#deployment.status?.conditions, 'Progressing'))
        await this.#noteProgress('FoundNewReplicaSet', `Found new replica set "${found.newSet.metadata.name}"`);
    } else if (create) found.newSet = await this.#create(found, revision);
    return found;
  }

  async #refresh(set: KubeObject, revision: bigint): Promise<KubeObject> {
    const annotations = newSetAnnotations(this.#deployment, set.metadata.annotations ?? {}, revision);
    const { minReadySeconds } = this.#deployment.spec;
    if (
      equalJson(annotations, set.metadata.annotations ?? {}) &&
      (set.spec.minReadySeconds ?? 0) === (minReadySeconds ?? 0)
    )
      return set;
    return this.#update(set, { annotations }, { minReadySeconds });
  }

  async #create(found: ReplicaSets, revision: bigint): Promise<KubeObject | undefined> {
    const deployment = this.#deployment;
    const hash = templateHash(deployment.spec.template, deployment.status?.collisionCount);
    const size = newSetSize(deployment, found);
    const set = newReplicaSet(deployment, hash, revision, size);
    set.metadata.ownerReferences = [ownerReference(deployment)];
    let created: KubeObject;
    try {
      created = await this.#context.client.create(REPLICA_SETS, set);
    } catch (error) {
      if (isAlreadyExists(error)) return this.#afterCollision(set);
      const message = `Failed to create new replica set "${set.metadata.name}": ${(error as Error).message}`;
      await this.#noteProgress('ReplicaSetCreateError', message, 'False');
      this.#context.recorder.event(deployment, 'Warning', 'ReplicaSetCreateError', message);
      throw error;
    }
    this.#sets.push(created);
    if (size > 0) this.#tell(`Scaled up replica set ${created.metadata.name} from 0 to ${size}`);
    await this.#noteRevision(revision);
    if (hasDeadline(deployment))
      await this.#noteProgress('NewReplicaSetCreated', `Created new replica set "${created.metadata.name}"`);
    return created;
  }

  /** Someone has the name: our own set, which the informer did not know yet, or another template with the same hash. */
  async #afterCollision(wanted: KubeObject): Promise<KubeObject | undefined> {
    const { name, namespace } = wanted.metadata;
    const there = await this.#context.client.get<KubeObject>(REPLICA_SETS, name, namespace);
    if (isControlledBy(there, this.#deployment) && findReplicaSets(this.#deployment, [there]).newSet) return there;
    const { status } = this.#deployment;
    await this.#updateStatus({ ...status, collisionCount: (status?.collisionCount ?? 0) + 1 });
    throw new Error(`replica set "${name}" exists with another template; another hash is tried`);
  }

  async #noteRevision(revision: bigint): Promise<void> {
    const { metadata } = this.#deployment;
    if (metadata.annotations?.[REVISION] === String(revision)) return;
    const patch = { metadata: { annotations: { [REVISION]: String(revision) } } };
    this.#deployment = await this.#context.client.patch(DEPLOYMENTS, metadata.name, metadata.namespace, patch, {
      type: 'merge',
      subresource: 'status',
    });
  }

  async #noteProgress(reason: string, message: string, status: 'True' | 'False' = 'True'): Promise<void> {
    const condition = progressing(status, reason, message, this.#now());
    const current = this.#deployment.status;
    await this.#updateStatus({ ...current, conditions: withCondition(current?.conditions, condition) });
  }

  async #growNew(found: ReplicaSets): Promise<boolean> {
    const wanted = newSetSize(this.#deployment, found);
    return this.#resize(found, found.newSet!, wanted);
  }

  async #shrinkOld(found: ReplicaSets): Promise<boolean> {
    if (sumReplicas(found.oldSets) === 0) return false;
    let changed = false;
    // First pods that are of no use to anyone, then as many good ones as the new set makes up for.
    for (const [set, size] of unhealthyScaleDown(this.#deployment, found))
      changed = (await this.#resize(found, set, size)) || changed;
    for (const [set, size] of availableScaleDown(this.#deployment, found))
      changed = (await this.#resize(found, set, size)) || changed;
    return changed;
  }

  /** Gives a set its size and tells it the deployment's; answers whether its size changed. */
  async #resize(found: ReplicaSets, set: KubeObject, size: number): Promise<boolean> {
    const from = replicasOf(set);
    const annotations = { ...set.metadata.annotations, ...sizeAnnotations(this.#deployment) };
    const told = [DESIRED_REPLICAS, MAX_REPLICAS].every((key) => set.metadata.annotations?.[key] === annotations[key]);
    if (from === size && told) return false;
    const updated = await this.#update(set, { annotations }, { replicas: size });
    if (found.newSet === set) found.newSet = updated;
    found.oldSets = found.oldSets.map((each) => (each === set ? updated : each));
    if (from === size) return false;
    this.#tell(`Scaled ${size > from ? 'up' : 'down'} replica set ${set.metadata.name} from ${from} to ${size}`);
    return true;
  }

  async #update(set: KubeObject, metadata: object, spec: object): Promise<KubeObject> {
    const updated = await this.#context.client.update<KubeObject>(REPLICA_SETS, {
      ...set,
      metadata: { ...set.metadata, ...metadata },
      spec: { ...set.spec, ...spec },
    });
    this.#sets = this.#sets.map((each) => (each === set ? updated : each));
    return updated;
  }

  /** Deletes the oldest empty sets beyond the history that is kept. */
  async #cleanUp(oldSets: KubeObject[]): Promise<void> {
    const limit: number = this.#deployment.spec.revisionHistoryLimit ?? 10;
    const candidates = oldSets.filter((set) => !set.metadata.deletionTimestamp);
    const excess = candidates.length - limit;
    if (excess <= 0) return;
    candidates.sort((a, b) => Number(revisionOf(a) - revisionOf(b)) || byCreation(a, b));
    for (const set of candidates.slice(0, excess)) {
      const observed = (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0);
      if (replicasOf(set) !== 0 || set.status?.replicas || !observed) continue;
      await this.#context.client.delete(REPLICA_SETS, set.metadata.name, set.metadata.namespace, {
        propagationPolicy: 'Background',
      });
    }
  }

  async #writeStatus(status: unknown): Promise<number | undefined> {
    if (!equalJson(status, this.#deployment.status)) await this.#updateStatus(status);
    return untilDeadline(this.#deployment, this.#now());
  }

  async #updateStatus(status: unknown): Promise<void> {
    this.#deployment = await this.#context.client.update<KubeObject>(
      DEPLOYMENTS,
      { ...this.#deployment, status },
      { subresource: 'status' },
    );
  }

  #tell(message: string): void {
    this.#context.recorder.event(this.#deployment, 'Normal', 'ScalingReplicaSet', message);
  }
}
