/** Deletes jobs some time after their end, where they ask for it. */
import type { Condition } from '../api/conditions.ts';
import { keyOf } from '../client/informer.ts';
import { JOBS } from '../client/resources.ts';
import type { ControllerDefinition } from './controller.ts';
import { isJobOver } from './job.ts';

export const ttlAfterFinishedController: ControllerDefinition = {
  name: 'ttl-after-finished-controller',
  component: 'ttl-after-finished-controller',
  setUp(context) {
    const jobs = context.informer(JOBS);
    jobs.onChange(({ type, object }) => {
      if (type !== 'deleted' && object.spec.ttlSecondsAfterFinished !== undefined) context.enqueue(keyOf(object));
    });
    return async (key) => {
      const job = jobs.byKey(key);
      const seconds = job?.spec.ttlSecondsAfterFinished;
      if (!job || job.metadata.deletionTimestamp || seconds === undefined || !isJobOver(job)) return undefined;
      const ended = (job.status.conditions as Condition[]).find(({ type }) => type === 'Complete' || type === 'Failed');
      const left = Date.parse(ended?.lastTransitionTime ?? '') + seconds * 1000 - context.clock.now();
      if (left > 0) return left;
      const preconditions = { uid: job.metadata.uid };
      await context.client.delete(JOBS, job.metadata.name, job.metadata.namespace, {
        propagationPolicy: 'Foreground',
        preconditions,
      });
      return undefined;
    };
  },
};
