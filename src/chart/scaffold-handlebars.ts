/** The files of a new chart whose templates are written in Handlebars. `<CHARTNAME>` stands for the chart's name. */
export const HANDLEBARS_SCAFFOLD: Readonly<Record<string, string>> = {
  'Chart.yaml': `apiVersion: v2
name: <CHARTNAME>
description: A chart for Kubernetes with Handlebars templates
type: application
version: 0.1.0
appVersion: "1.0.0"
`,
  'values.yaml': `# How many copies of the pod run.
replicas: 1

image:
  repository: nginx
  # The chart's appVersion where empty.
  tag: ""
  pullPolicy: IfNotPresent

service:
  type: ClusterIP
  port: 80

# Environment variables of the container.
env: {}

# Requests and limits, as a container has them.
resources: {}
`,
  '.helmignore': `.git/
.gitignore
*.swp
*.bak
*.tmp
.idea/
.vscode/
`,
  'templates/deployment.yaml.hbs': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{Release.Name}}-{{Chart.Name}}
  labels:
    app.kubernetes.io/name: {{Chart.Name}}
    app.kubernetes.io/instance: {{Release.Name}}
    app.kubernetes.io/managed-by: {{Release.Service}}
spec:
  replicas: {{Values.replicas}}
  selector:
    matchLabels:
      app.kubernetes.io/name: {{Chart.Name}}
      app.kubernetes.io/instance: {{Release.Name}}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {{Chart.Name}}
        app.kubernetes.io/instance: {{Release.Name}}
    spec:
      containers:
        - name: {{Chart.Name}}
          image: "{{Values.image.repository}}:{{#if Values.image.tag}}{{Values.image.tag}}{{else}}{{Chart.AppVersion}}{{/if}}"
          imagePullPolicy: {{Values.image.pullPolicy}}
          ports:
            - name: http
              containerPort: {{Values.service.port}}
{{#if Values.env}}
          env:
{{#each Values.env}}
            - name: {{@key}}
              value: "{{this}}"
{{/each}}
{{/if}}
{{#if Values.resources}}
          resources: {{toJson Values.resources}}
{{/if}}
`,
  'templates/service.yaml.hbs': `apiVersion: v1
kind: Service
metadata:
  name: {{Release.Name}}-{{Chart.Name}}
  labels:
    app.kubernetes.io/name: {{Chart.Name}}
    app.kubernetes.io/instance: {{Release.Name}}
    app.kubernetes.io/managed-by: {{Release.Service}}
spec:
  type: {{Values.service.type}}
  ports:
    - port: {{Values.service.port}}
      targetPort: http
      name: http
  selector:
    app.kubernetes.io/name: {{Chart.Name}}
    app.kubernetes.io/instance: {{Release.Name}}
`,
  'templates/NOTES.txt.hbs': `{{Chart.Name}} listens inside the cluster on {{Release.Name}}-{{Chart.Name}}.{{Release.Namespace}}:{{Values.service.port}}.
`,
};
