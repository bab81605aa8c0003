/** Plugins: what helm does with them, and what we do; and what neither lets them do. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: scripts of shells are written like this
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Pair, withPair, withServer } from '../support/pair.ts';
import { realTools } from '../support/real.ts';

const charts = fileURLToPath(new URL('../../charts', import.meta.url));
const compared = realTools() === undefined ? test.skip : test;

const PLUGINS: Record<string, Record<string, string>> = {
  old: {
    'plugin.yaml':
      'name: old\nversion: 0.1.0\nusage: says what it is given\ndescription: A plugin of the first form.\ncommand: $HELM_PLUGIN_DIR/say.sh first\nhooks: {install: "echo installed $HELM_PLUGIN_NAME", delete: "echo deleted"}\n',
    'say.sh':
      '#!/bin/sh\necho "$@"\necho "$HELM_PLUGIN_NAME $HELM_NAMESPACE $HELM_DEBUG $HELM_KUBECONTEXT $HELM_PLUGINS"\ncat\n',
  },
  failing: {
    'plugin.yaml':
      'apiVersion: v1\nname: failing\nversion: 1.2.3\ntype: cli/v1\nruntime: subprocess\nconfig: {shortHelp: fails, longHelp: It fails., usage: "failing [x]", ignoreFlags: true}\nruntimeConfig:\n  platformCommand:\n  - command: sh\n    args: ["-c", "echo $# >&2; exit 7"]\n',
  },
  missing: { 'plugin.yaml': 'name: missing\nversion: 1.0.0\ncommand: no-such-program-here\n' },
  elsewhere: { 'plugin.yaml': 'name: elsewhere\nversion: 1.0.0\nplatformCommand: [{os: plan9, command: x}]\n' },
  broken: { 'plugin.yaml': 'name: "../broken"\n' },
  getting: {
    'plugin.yaml': 'name: getting\nversion: 1.0.0\ndownloaders: [{protocols: [folder, broken], command: get.sh}]\n',
    'get.sh': '#!/bin/sh\ncat "${4#*:/}" || exit 3\necho "user=$HELM_PLUGIN_USERNAME" >&2\n',
  },
  louder: {
    'plugin.yaml':
      'apiVersion: v1\nname: louder\nversion: 1.0.0\ntype: postrenderer/v1\nruntime: subprocess\nruntimeConfig: {platformCommand: [{command: "$HELM_PLUGIN_DIR/louder.sh"}]}\n',
    'louder.sh':
      '#!/bin/sh\n[ "$1" = fail ] && exit 4\n[ "$1" = empty ] && exit 0\nsed "s/ClusterIP/${1:-NodePort}/"\n',
  },
};

/** A work folder with plugins, and a chart. */
async function withPlugins(run: (pair: Pair) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'portolan-plugins-'));
  try {
    for (const [name, files] of Object.entries(PLUGINS)) {
      mkdirSync(join(root, 'source', name), { recursive: true });
      for (const [file, text] of Object.entries(files)) {
        writeFileSync(join(root, 'source', name, file), text);
        if (file.endsWith('.sh')) chmodSync(join(root, 'source', name, file), 0o755);
      }
    }
    cpSync(join(charts, 'mysql'), join(root, 'mysql'), { recursive: true });
    await withPair(root, run);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const each = async (pair: Pair, lines: string[]) => {
  for (const line of lines) await pair.same(line.split(' '));
};

compared('plugins are installed, listed, run and uninstalled as by helm', async () => {
  await withPlugins(async (pair) => {
    await each(pair, [
      'plugin list',
      'plugin install {work}/mysql',
      'plugin install {work}/mysql/values.yaml',
      'plugin install {work}/source/old',
      'plugin install {work}/source/old',
      ...['failing', 'missing', 'elsewhere', 'getting', 'louder'].map((name) => `plugin install {work}/source/${name}`),
      'plugin list',
      'plugin list --type getter/v1',
      'old',
      'old a --b=c -x -- d --help',
      'old -n here --kube-context there a',
      '--namespace before old a --debug',
      'failing a b',
      'elsewhere',
      'plugin update old',
      'plugin update nothing',
      'plugin uninstall',
      'plugin update',
    ]);
    const [ours, helms] = await Promise.all([pair.ours(['missing']), pair.helm(['missing'])]);
    assert.equal(ours, helms);
    await each(pair, ['plugin uninstall old nothing failing', 'plugin list']);
    assert.ok(existsSync(join(pair.ourHome, 'work/source/old/plugin.yaml')), 'what a link points to stays');
  });
});

test('plugins stand in help and in what shells are told', async () => {
  await withPlugins(async (pair) => {
    await pair.ours(['plugin', 'install', join(pair.ourHome, 'work/source/old')]);
    writeFileSync(
      join(pair.ourHome, 'work/source/old/completion.yaml'),
      'flags: [all, x]\ncommands: [{name: sub, flags: [deep]}, {name: other, validArgs: [one, two]}]\n',
    );
    const complete = async (...words: string[]) => (await pair.ours(['__complete', ...words])).stdout;
    assert.match((await pair.ours(['--help'])).stdout, /^ {2}old +says what it is given$/m);
    assert.match(
      (await pair.ours(['help', 'old'])).stdout,
      /^A plugin of the first form\.\n\nUsage:\n {2}portolan old/,
    );
    assert.is(await complete('ol'), 'old\tsays what it is given\n:4\n');
    assert.is(await complete('old', ''), 'sub\nother\n:4\n');
    assert.is(await complete('old', '-'), '--all\n-x\n:4\n');
    assert.is(await complete('old', 'other', 't'), 'two\n:4\n');
    assert.is(await complete('old', 'sub', '--'), '--deep\n:4\n');
    writeFileSync(join(pair.ourHome, 'work/source/old/plugin.complete'), '#!/bin/sh\necho "told $*"\necho :4\n', {
      mode: 0o755,
    });
    assert.is(await complete('old', 'sub', '-n', 'here', 'x'), 'told sub x\n:4\n');
  });
});

compared('manifests go through post-renderers as with helm', async () => {
  await withPlugins(async (pair) => {
    await each(pair, ['plugin install {work}/source/louder', 'plugin install {work}/source/old']);
    const template = 'template {work}/mysql --set auth.rootPassword=x --set auth.password=y --post-renderer';
    await each(pair, [
      `${template} louder`,
      `${template} louder --post-renderer-args LoadBalancer`,
      `${template} louder --post-renderer-args fail`,
      `${template} louder --post-renderer-args empty`,
      `${template} louder --post-renderer louder`,
      `${template} old`,
      `${template} nothing`,
      'install a {work}/mysql --dry-run=client --post-renderer louder --post-renderer-args fail',
    ]);
  });
});

test('plugins fetch from addresses of their own', async () => {
  await withPlugins(async (pair) => {
    const work = join(pair.ourHome, 'work');
    await pair.ours(['plugin', 'install', join(work, 'source/getting')]);
    await pair.ours(['publish', 'mysql', '--to', 'repository']);
    const say = (line: string) => pair.ours(line.split(' '));
    const address = `folder:/${work}/repository`;
    assert.is((await say(`repo add mine ${address} --username me --password secret`)).code, 0);
    assert.match((await say('repo update')).stdout, /Successfully got an update from the "mine"/);
    const pulled = await say('pull mine/mysql');
    assert.equal([pulled.code, pulled.stderr], [0, 'user=me\n']);
    assert.equal(readFileSync(join(work, 'mysql-1.0.0.tgz')), readFileSync(join(work, 'repository/mysql-1.0.0.tgz')));
    assert.match((await say(`show chart ${address}/mysql-1.0.0.tgz`)).stdout, /^name: mysql$/m);
    writeFileSync(join(work, 'values.yaml'), 'auth: {rootPassword: fetched, password: x}\n');
    const rendered = await say(`template mysql -f folder:/${work}/values.yaml -s templates/secret.yaml`);
    assert.match(rendered.stdout, Buffer.from('fetched').toString('base64'));
    const failed = await say(`pull folder:/${work}/nothing.tgz`);
    assert.match(failed.stderr, /Error: plugin "getting" failed to invoke: plugin "getting" exited with error\n/);
    assert.is((await say('repo add other s3://bucket/x')).stderr, 'Error: could not find protocol handler for: s3\n');
  });
});

compared('archives of plugins are signed, verified and installed by either', async () => {
  await withPlugins(async (pair) => {
    const home = join(pair.ourHome, 'gnupg');
    mkdirSync(home, { mode: 0o700 });
    const gpg = (...args: string[]) =>
      execFileSync('gpg', ['--batch', '--pinentry-mode', 'loopback', '--passphrase', '', ...args], {
        env: { ...process.env, GNUPGHOME: home },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    try {
      gpg('--quick-gen-key', 'One <one@a.example>', 'rsa2048', 'sign', 'never');
      for (const folder of [pair.ourHome, pair.helmHome]) {
        writeFileSync(join(folder, 'work/secret.gpg'), gpg('--export-secret-keys'));
        writeFileSync(join(folder, 'work/public.gpg'), gpg('--export'));
      }
    } finally {
      execFileSync('gpgconf', ['--kill', 'all'], { env: { ...process.env, GNUPGHOME: home }, stdio: 'ignore' });
    }
    await each(pair, [
      'plugin package source/old -d out --key one --keyring {work}/secret.gpg',
      'plugin package source/failing -d out --sign=false',
      'plugin package source/old -d out --keyring {work}/secret.gpg --key nobody',
      'plugin package source/old/plugin.yaml -d out --sign=false',
    ]);
    for (const [from, to] of [
      [pair.ourHome, pair.helmHome],
      [pair.helmHome, pair.ourHome],
    ] as const)
      cpSync(join(from, 'work/out'), join(to, 'work/theirs'), { recursive: true });
    await each(pair, [
      'plugin verify source/old --keyring {work}/public.gpg',
      'plugin verify mysql/values.yaml --keyring {work}/public.gpg',
      'plugin verify out/failing-1.2.3.tgz --keyring {work}/public.gpg',
      'plugin install theirs/failing-1.2.3.tgz --keyring {work}/public.gpg',
      'plugin install theirs/failing-1.2.3.tgz --verify=false',
      'plugin list',
    ]);
    for (const say of [pair.ours, pair.helm]) {
      for (const line of ['verify theirs', 'install theirs']) {
        const { code, stdout, stderr } = await say(
          `plugin ${line}/old-0.1.0.tgz --keyring {work}/public.gpg`.split(' '),
        );
        assert.is(code, 0, stderr);
        assert.match(
          stdout,
          /Signed by: One <one@a.example>\nUsing Key With Fingerprint: [0-9A-F]{40}\nPlugin Hash Ver/,
        );
      }
      assert.match((await say(['plugin', 'list'])).stdout, /^old +\t0\.1\.0 +\tcli\/v1\tlegacy +\tsigned/m);
      assert.match((await say(['old', 'a'])).stdout, /^first a\nold default/);
    }
    await each(pair, ['plugin uninstall old', 'plugin list']);
  });
});

test('a plugin from a web server is verified, and nothing of one that is not stays', async () => {
  await withPlugins(async (pair) => {
    const work = join(pair.ourHome, 'work');
    const say = (line: string) => pair.ours(line.split(' '));
    await say('plugin package source/old -d out --sign=false');
    await withServer(
      (request, response) => {
        const path = join(work, 'out', request.url!);
        if (existsSync(path)) response.end(readFileSync(path));
        else response.writeHead(404).end();
      },
      async (url) => {
        const refused = await say(`plugin install ${url}/old-0.1.0.tgz`);
        assert.is(refused.stderr, 'Error: plugin verification failed: no provenance file (.prov) found\n');
        assert.not(existsSync(join(pair.ourHome, '.local/share/helm/plugins/old')));
        const installed = await say(`plugin install ${url}/old-0.1.0.tgz --verify=false`);
        assert.match(installed.stdout, /^WARNING: Skipping plugin signature verification\n.*Installed plugin: old\n$/s);
      },
    );
  });
});

test('a plugin from a git repository is that of the version asked for, and is brought up to date', async () => {
  await withPlugins(async (pair) => {
    const work = join(pair.ourHome, 'work');
    const source = join(work, 'source/old');
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x', ...args], { cwd: source, stdio: 'pipe' });
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('commit', '-qm', 'one');
    git('tag', 'v0.1.0');
    writeFileSync(join(source, 'plugin.yaml'), PLUGINS.old!['plugin.yaml']!.replace('0.1.0', '0.2.0'));
    git('commit', '-qam', 'two');
    git('tag', 'v0.2.0');
    const say = (line: string) => pair.ours(line.split(' '));
    const list = async () => (await say('plugin list')).stdout.split('\n')[1];
    assert.match(
      (await say(`plugin install file://${source}`)).stderr,
      'plugin source does not support verification. Use --verify=false to skip verification',
    );
    assert.match(
      (await say(`plugin install file://${source} --verify=false --version 9.x`)).stderr,
      /"9\.x" does not exist/,
    );
    assert.is((await say(`plugin install file://${source} --verify=false --version ~0.1`)).code, 0);
    assert.match((await list())!, /^old +\t0\.1\.0/);
    await say('plugin uninstall old');
    assert.is((await say(`plugin install file://${source} --verify=false`)).code, 0);
    writeFileSync(join(source, 'plugin.yaml'), PLUGINS.old!['plugin.yaml']!.replace('0.1.0', '0.3.0'));
    git('commit', '-qam', 'three');
    assert.is((await say('plugin update old')).stdout, 'Updated plugin: old\n');
    assert.match((await list())!, /^old +\t0\.3\.0/);
    assert.match(
      (await say(`plugin install ${work}/no/such.git --verify=false`)).stderr,
      /if it's a local directory, does it exist/,
    );
  });
});

test.run();
