{{/* The services keep their plain names, because the images look for each other by them. */}}
{{- define "bookinfo.selectorLabels" -}}
app: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "bookinfo.labels" -}}
{{ include "bookinfo.selectorLabels" . }}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: bookinfo
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 }}
{{- end }}

{{- define "bookinfo.serviceAccountName" -}}
{{ ternary (printf "bookinfo-%s" .name) "default" .root.Values.serviceAccount.create }}
{{- end }}

{{/*
How many pods a version of reviews has: by the canary's weight where there is one, else as the values say.
*/}}
{{- define "bookinfo.reviewsReplicas" -}}
{{- $canary := .root.Values.reviews.canary }}
{{- if kindIs "invalid" $canary.weight }}
{{- .replicas }}
{{- else }}
{{- $pods := divf (mulf $canary.pods $canary.weight) 100 | ceil | int }}
{{- if eq .version $canary.version }}{{ $pods }}
{{- else if eq .version $canary.stable }}{{ sub (int $canary.pods) $pods }}
{{- else }}0
{{- end }}
{{- end }}
{{- end }}

{{/* One version of one service: root, name, version, replicas, and env, a list of variables. */}}
{{- define "bookinfo.deployment" -}}
{{- $values := index .root.Values .name }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}-{{ .version }}
  labels:
    {{- include "bookinfo.labels" . | nindent 4 }}
    version: {{ .version }}
spec:
  {{- if not .autoscaled }}
  replicas: {{ .replicas }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "bookinfo.selectorLabels" . | nindent 6 }}
      version: {{ .version }}
  template:
    metadata:
      labels:
        {{- include "bookinfo.labels" . | nindent 8 }}
        version: {{ .version }}
        {{- with .root.Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .root.Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "bookinfo.serviceAccountName" . }}
      {{- with .root.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- toYaml .root.Values.podSecurityContext | nindent 8 }}
      containers:
        - name: {{ .name }}
          image: "{{ .root.Values.image.prefix }}-{{ .name }}-{{ .image | default .version }}:{{ $values.tag | default .root.Values.image.tag | default .root.Chart.AppVersion }}"
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          ports:
            - name: http
              containerPort: 9080
          {{- with .env }}
          env:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- range $probe := list "livenessProbe" "readinessProbe" }}
          {{- with index $.root.Values $probe }}
          {{ $probe }}:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- end }}
          securityContext:
            {{- toYaml .root.Values.securityContext | nindent 12 }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir: {}
      {{- with .root.Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .root.Values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .root.Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end }}

{{/* The name in front of one service's versions: root, name, and version where it is for one version alone. */}}
{{- define "bookinfo.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  labels:
    {{- include "bookinfo.labels" . | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .type | default "ClusterIP" }}
  ports:
    - name: http
      port: {{ .root.Values.service.port }}
      targetPort: http
  selector:
    {{- include "bookinfo.selectorLabels" . | nindent 4 }}
    {{- with .version }}
    version: {{ . }}
    {{- end }}
{{- end }}
