/**
 * What the types and fields are for that people ask `kubectl explain` about most, in our own words. A line without a dot
 * opens a type; the lines below it tell of its fields.
 */
const TEXT = `
meta/v1.ObjectMeta What every object tells of itself: its name, its labels, and what the server keeps of it.
.name Unique among the objects of its kind in the namespace; it never changes.
.generateName The start of a name that the server completes where none is given.
.namespace The namespace the object lives in; none for objects of the whole cluster.
.labels Keys and values by which selectors find the object.
.annotations Keys and values for people and tools; nothing selects by them.
.uid The identity that the server gives, different even for a later object of the same name.
.resourceVersion The version the server stored; an update that names it fails when another writer was faster.
.generation Counts the changes of what is wanted, so that controllers can tell what they have seen.
.creationTimestamp When the server stored the object first.
.deletionTimestamp When the object is to be gone; set by the server when a deletion has been asked for.
.deletionGracePeriodSeconds How long the object may take to end.
.finalizers Names of what must be done before the object goes; each is removed by whoever has done it.
.ownerReferences The objects this one belongs to; it goes with the last of them.
.managedFields Which manager set which field, kept by the server for server-side apply.
.selfLink No longer filled.
meta/v1.OwnerReference An object that this one belongs to, in the same namespace or of the whole cluster.
.controller Whether this owner is the one that manages the object.
.blockOwnerDeletion Whether the owner waits for this object when it is deleted in the foreground.
meta/v1.LabelSelector Which labels an object must have; all requirements must hold, and an empty selector takes everything.
.matchLabels Keys with the values they must have.
.matchExpressions Keys with an operator and values: In, NotIn, Exists, DoesNotExist.
core/v1.Pod Containers that run together on one node and share its address and volumes.
core/v1.PodSpec What runs in a pod, where, and how.
.containers The containers that run side by side; at least one, and they cannot be added later.
.initContainers Containers that run one after another before the others; with restartPolicy Always they go on as sidecars.
.ephemeralContainers Containers added to a running pod for debugging.
.volumes Storage that the containers can mount.
.restartPolicy Whether containers that ended are started again.
.terminationGracePeriodSeconds How long containers get between the first signal and the last.
.activeDeadlineSeconds How long the pod may run before it is stopped and marked as failed.
.dnsPolicy Where names are looked up.
.dnsConfig Name servers and search domains beside those of the policy.
.nodeSelector Labels that the node must have.
.nodeName The node the pod runs on; the scheduler fills it in.
.serviceAccountName The service account the pod acts as.
.serviceAccount The old name of serviceAccountName.
.automountServiceAccountToken Whether the account's token is mounted.
.hostNetwork Whether the pod uses the node's network.
.hostPID Whether the pod sees the node's processes.
.hostIPC Whether the pod shares the node's interprocess communication.
.hostAliases Entries for the hosts file.
.hostname The name the pod gives itself.
.subdomain The domain below the service's that the pod is found in.
.securityContext Users, groups and rights for the whole pod.
.imagePullSecrets Secrets with the credentials for private registries.
.affinity Nodes and pods to be near to or away from.
.tolerations Taints of nodes that the pod bears.
.topologySpreadConstraints How the pods are spread over zones, nodes or other domains.
.schedulerName Which scheduler places the pod.
.priorityClassName The class that says how important the pod is.
.priority How important the pod is; from its class.
.preemptionPolicy Whether the pod may push less important ones off a node.
.readinessGates Further conditions that must be true before the pod is ready.
.runtimeClassName How the node runs the containers.
.enableServiceLinks Whether services are told in environment variables.
.shareProcessNamespace Whether the containers see each other's processes.
.schedulingGates While there are any, the pod is not scheduled.
.overhead What running the pod costs beyond its containers.
.resources Requests and limits for the pod as a whole.
core/v1.PodStatus What has become of a pod, as its node tells.
.phase Pending, Running, Succeeded, Failed or Unknown.
.conditions Whether the pod is scheduled, initialized and ready.
.podIP The pod's address.
.hostIP The node's address.
.containerStatuses What has become of each container.
.qosClass How soon the pod gives way when the node runs short.
.startTime When the node accepted the pod.
core/v1.PodTemplateSpec The pods that a workload makes.
core/v1.Container One image that runs in a pod, and how.
.name Unique in the pod.
.image The image to run, by name and tag or digest.
.imagePullPolicy When the image is pulled: Always, IfNotPresent or Never.
.command What is run instead of the image's entrypoint.
.args What it is given instead of the image's arguments.
.workingDir The folder it starts in.
.ports The ports it listens on, for people and for services that name them.
.env Environment variables.
.envFrom Config maps and secrets whose entries all become environment variables.
.resources What the container is promised, and what it may use at most.
.resizePolicy Whether a change of resources restarts the container.
.volumeMounts Where the pod's volumes appear in the container's files.
.volumeDevices Where block volumes appear as devices.
.livenessProbe A check that restarts the container when it fails.
.readinessProbe A check that takes the pod out of its services while it fails.
.startupProbe A check that must succeed once before the others begin.
.lifecycle What is done after the start and before the end.
.securityContext The user, rights and capabilities of the container.
.stdin Whether the input is kept open.
.tty Whether the container gets a terminal.
.restartPolicy Always for init containers that go on as sidecars.
.terminationMessagePath The file whose text is told as the reason of the end.
.terminationMessagePolicy Whether the end of the log stands in for a missing file.
core/v1.ContainerPort A port that a container listens on.
.containerPort The number.
.name A name that services may use instead of the number.
.hostPort The same port on the node.
.protocol TCP, UDP or SCTP.
core/v1.EnvVar An environment variable.
.name The variable's name.
.value Its value; $(NAME) stands for variables before it.
.valueFrom Where the value comes from instead.
core/v1.EnvVarSource Where the value of an environment variable comes from.
.configMapKeyRef An entry of a config map.
.secretKeyRef An entry of a secret.
.fieldRef A field of the pod itself.
.resourceFieldRef A request or limit of a container.
core/v1.ResourceRequirements What a container is promised and what it may use.
.requests What is set aside on the node.
.limits What may be used at most.
.claims Devices claimed by the pod.
core/v1.Probe A check of a container, repeated.
.httpGet A request that must be answered with a code from 200 to 399.
.tcpSocket A port that must accept a connection.
.exec A command that must end with 0.
.grpc A gRPC health check.
.initialDelaySeconds How long to wait before the first check.
.periodSeconds The time between checks.
.timeoutSeconds How long an answer may take.
.successThreshold How many successes in a row count as one.
.failureThreshold How many failures in a row count as one.
.terminationGracePeriodSeconds How long the container gets to end when the check has failed.
core/v1.SecurityContext The user, rights and capabilities of a container.
.runAsUser The user's number.
.runAsGroup The group's number.
.runAsNonRoot Whether to refuse to run as root.
.readOnlyRootFilesystem Whether the container's own files cannot be changed.
.privileged Whether the container has all rights on the node.
.allowPrivilegeEscalation Whether a process may gain more rights than its parent.
.capabilities Capabilities added and dropped.
.seccompProfile Which system calls are let through.
core/v1.PodSecurityContext Users, groups and rights for all containers of a pod.
.fsGroup The group that owns the volumes.
.runAsUser The user's number, unless the container says otherwise.
.runAsGroup The group's number, unless the container says otherwise.
.runAsNonRoot Whether to refuse to run as root.
.supplementalGroups Further groups of every process.
.sysctls Kernel parameters of the pod.
.seccompProfile Which system calls are let through.
core/v1.Volume Storage that the containers of a pod can mount.
.name What mounts call it.
.emptyDir An empty folder that lives as long as the pod.
.configMap The entries of a config map as files.
.secret The entries of a secret as files.
.persistentVolumeClaim A claim in the same namespace.
.hostPath A file or folder of the node.
.projected Several sources in one folder.
.downwardAPI Fields of the pod as files.
.csi A volume from a driver that lives as long as the pod.
.ephemeral A claim made for the pod and gone with it.
.nfs A share of an NFS server.
.image The files of an image.
core/v1.VolumeMount Where a volume appears in a container.
.name The volume's name.
.mountPath The place in the container's files.
.subPath A path inside the volume instead of its root.
.readOnly Whether it cannot be written.
apps/v1.Deployment Keeps a number of equal pods running and replaces them step by step when their template changes.
apps/v1.DeploymentSpec What a deployment keeps running, and how it changes that.
.replicas How many pods there should be.
.selector Which pods belong to the deployment; it never changes.
.template The pods to make.
.strategy How old pods are replaced by new ones.
.minReadySeconds How long a new pod must be ready before it counts as available.
.revisionHistoryLimit How many old replica sets are kept for going back.
.progressDeadlineSeconds How long a rollout may stand still before it counts as failed.
.paused Whether changes wait.
apps/v1.DeploymentStrategy Step by step, within limits, or all at once.
.type RollingUpdate, or Recreate, which ends all old pods first.
.rollingUpdate How many pods may be missing or too many meanwhile.
apps/v1.StatefulSet Keeps pods with names and storage of their own, in order.
apps/v1.StatefulSetSpec What a stateful set keeps running, and how it changes that.
.replicas How many pods there should be.
.selector Which pods belong to the set; it never changes.
.template The pods to make.
.serviceName The service that gives the pods their names in the network.
.volumeClaimTemplates Claims that every pod gets for itself.
.podManagementPolicy OrderedReady, one after another, or Parallel.
.updateStrategy How pods are replaced when the template changes.
.persistentVolumeClaimRetentionPolicy Whether claims go with their pods or with the set.
.ordinals Where the numbers in the pods' names begin.
apps/v1.DaemonSet Keeps one pod on every node, or on those selected.
apps/v1.DaemonSetSpec What a daemon set keeps running, and how it changes that.
.selector Which pods belong to the set; it never changes.
.template The pods to make.
.updateStrategy How pods are replaced when the template changes.
apps/v1.ReplicaSet Keeps a number of equal pods running; most are made by deployments.
batch/v1.Job Runs pods until enough of them have succeeded.
batch/v1.JobSpec What a job runs, how often, and when it gives up.
.template The pods to run.
.parallelism How many run at the same time at most.
.completions How many must succeed.
.backoffLimit How many failures are borne.
.activeDeadlineSeconds How long the job may take.
.ttlSecondsAfterFinished How long a finished job is kept.
.suspend Whether no pods are run for now.
.completionMode NonIndexed, or Indexed, where each success has a number.
batch/v1.CronJob Makes jobs by a schedule.
batch/v1.CronJobSpec When jobs are made, and which.
.schedule Minute, hour, day of month, month, day of week.
.timeZone The zone the schedule is read in.
.jobTemplate The jobs to make.
.concurrencyPolicy What happens when the last job is still running: Allow, Forbid or Replace.
.startingDeadlineSeconds How late a missed job may still be started.
.suspend Whether no jobs are made for now.
.successfulJobsHistoryLimit How many finished jobs are kept.
.failedJobsHistoryLimit How many failed jobs are kept.
core/v1.Service One address for a changing set of pods.
core/v1.ServiceSpec Which pods a service leads to, and how it is reached.
.selector The labels of the pods it leads to.
.ports The ports it offers.
.type ClusterIP, NodePort, LoadBalancer or ExternalName.
.clusterIP The address in the cluster; None for a service without one.
.externalName The name that an ExternalName service stands for.
.externalIPs Further addresses at which nodes take traffic for it.
.externalTrafficPolicy Whether traffic from outside may go on to another node.
.internalTrafficPolicy Whether traffic from inside stays on its node.
.sessionAffinity Whether a client comes back to the same pod.
.loadBalancerClass Which implementation makes the load balancer.
.loadBalancerSourceRanges Which addresses may use the load balancer.
.publishNotReadyAddresses Whether pods count before they are ready.
.ipFamilies Versions of the addresses.
.ipFamilyPolicy Whether there is one address or one of each version.
core/v1.ServicePort A port that a service offers.
.port The number at the service.
.targetPort The number or name at the pods.
.nodePort The number at every node.
.protocol TCP, UDP or SCTP.
.name Unique in the service; needed where there are several ports.
.appProtocol What is spoken, for those who care.
networking/v1.Ingress Leads requests from outside to services by host and path.
networking/v1.IngressSpec Hosts, paths and certificates of an ingress.
.ingressClassName Which controller serves it.
.rules Hosts with their paths.
.tls Hosts with the secrets that hold their certificates.
.defaultBackend Where requests go that no rule takes.
networking/v1.IngressRule A host with its paths.
.host The host; empty for all, *. in front for those below.
.http The paths.
networking/v1.HTTPIngressPath A path and the service behind it.
.path Where requests begin that it takes.
.pathType Exact, Prefix, or as the controller has it.
.backend The service and its port.
networking/v1.NetworkPolicy Which traffic the selected pods may take and send.
networking/v1.NetworkPolicySpec Which traffic the selected pods may take and send.
.podSelector The pods that the policy is about.
.ingress Traffic that may come; an empty list lets none in.
.egress Traffic that may go; an empty list lets none out.
.policyTypes Whether it is about Ingress, Egress or both.
core/v1.ConfigMap Settings that are no secret, by key.
.data Texts by key.
.binaryData Bytes by key, in base64.
.immutable Whether the data can never change.
core/v1.Secret Settings that few should see, by key.
.data Bytes by key, in base64.
.stringData Texts by key; they are stored in data, over what stands there.
.type What the secret is for; it never changes.
.immutable Whether the data can never change.
core/v1.Namespace A part of the cluster with names of its own.
core/v1.ServiceAccount Whom pods act as.
.imagePullSecrets Registry credentials for the pods that act as it.
.automountServiceAccountToken Whether its pods get a token unless they say otherwise.
core/v1.PersistentVolumeClaim A wish for storage, bound to a volume that fulfils it.
core/v1.PersistentVolumeClaimSpec What storage is wanted.
.accessModes How many nodes and pods may use it at a time.
.resources How much is wanted.
.storageClassName The class that makes the volume; empty for volumes without a class.
.volumeName The volume it is bound to.
.volumeMode Filesystem or Block.
.selector Labels of volumes that may be taken.
.dataSource What the volume begins with.
core/v1.PersistentVolume Storage of the cluster that claims can be bound to.
autoscaling/v2.HorizontalPodAutoscaler Sets the size of a workload by what its pods use.
autoscaling/v2.HorizontalPodAutoscalerSpec What is scaled, between which sizes, by which metrics.
.scaleTargetRef The workload.
.minReplicas The smallest size.
.maxReplicas The largest size.
.metrics What the size is reckoned from; the largest of the results counts.
.behavior How fast it may grow and shrink.
policy/v1.PodDisruptionBudget How many pods of a set may be missing when nodes are drained.
policy/v1.PodDisruptionBudgetSpec How many pods must stay.
.minAvailable How many must be available, as a number or a share.
.maxUnavailable How many may be missing, as a number or a share.
.selector The pods that are counted.
.unhealthyPodEvictionPolicy Whether pods that are not ready may always be evicted.
rbac/v1.Role What may be done in one namespace.
.rules The permissions.
rbac/v1.ClusterRole What may be done in the whole cluster, or in each namespace it is bound in.
.rules The permissions.
.aggregationRule Selectors of further roles whose rules are gathered here.
rbac/v1.RoleBinding Who has a role in one namespace.
.roleRef The role; it never changes.
.subjects Users, groups and service accounts.
rbac/v1.ClusterRoleBinding Who has a role in the whole cluster.
.roleRef The role; it never changes.
.subjects Users, groups and service accounts.
rbac/v1.PolicyRule One permission.
.verbs What may be done: get, list, watch, create, update, patch, delete; * for all.
.apiGroups Groups of the resources; empty for the core group, * for all.
.resources Resources, with a slash and a name for their parts; * for all.
.resourceNames Names of single objects, where not all are meant.
.nonResourceURLs Paths that name no resource.
storage/v1.StorageClass How volumes of a kind are made.
.provisioner Who makes them.
.parameters What it is told.
.reclaimPolicy What becomes of a volume whose claim has gone.
.volumeBindingMode Whether a volume is made at once or for the first pod that needs it.
.allowVolumeExpansion Whether claims may grow.
scheduling/v1.PriorityClass How important the pods are that name it.
.value The greater, the more important.
.globalDefault Whether it is meant where none is named.
core/v1.LimitRange Smallest, largest and usual sizes of what is made in a namespace.
core/v1.ResourceQuota How much a namespace may use in all.
core/v1.Event Something that happened to an object.
core/v1.Node A machine that runs pods.
apiextensions/v1.CustomResourceDefinition A kind of object of its own, served like the built-in ones.
apiextensions/v1.CustomResourceDefinitionSpec Names, versions and schemas of the kind.
.group The group it is served in.
.names What it is called.
.scope Namespaced or Cluster.
.versions The versions it is served in; one of them is stored.
.conversion How objects get from one version to another.
admissionregistration/v1.ValidatingAdmissionPolicy Rules in CEL that judge what is to be stored.
admissionregistration/v1.MutatingAdmissionPolicy Changes in CEL to what is to be stored.
admissionregistration/v1.ValidatingWebhookConfiguration Services that judge what is to be stored.
admissionregistration/v1.MutatingWebhookConfiguration Services that change what is to be stored.
coordination/v1.Lease Who does something for now, and until when.
discovery/v1.EndpointSlice Addresses behind a service.
`;

/** Of the fields that every kind has. */
const COMMON: Record<string, string> = {
  apiVersion: 'The group and version of the kind.',
  kind: 'What kind of object this is.',
  metadata: "The object's name, labels and the like.",
  spec: 'What is wanted.',
  status: 'What is, as controllers tell it.',
};

let table: Map<string, string> | undefined;

/** Of a type, or of one of its fields; undefined where nothing is written. `isKind`: the type is that of whole objects. */
export function descriptionOf(type: string, field?: string, isKind = false): string | undefined {
  table ??= readTable();
  if (field === undefined) return table.get(type);
  return table.get(`${type}.${field}`) ?? (isKind ? COMMON[field] : undefined);
}

function readTable(): Map<string, string> {
  const found = new Map<string, string>();
  let type = '';
  for (const line of TEXT.trim().split('\n')) {
    const end = line.indexOf(' ');
    const name = line.slice(0, end);
    if (!name.startsWith('.')) type = name;
    found.set(name.startsWith('.') ? `${type}${name}` : name, line.slice(end + 1));
  }
  return found;
}
