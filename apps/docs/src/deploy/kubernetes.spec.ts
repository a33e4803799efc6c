import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readText, ROOT } from '../document.js';
import { configurations, MANIFEST, objectsOf, podOf, type KubernetesObject } from './manifest.js';
import { schemaFaults } from './schema-faults.js';

const IRMD = join(ROOT, 'node_modules', '.bin', 'irmd');
const PODS = ['StatefulSet', 'DaemonSet', 'Deployment'];
const text = readText(MANIFEST);

/** The manifest with one change. */
function changed(from: string, to: string): KubernetesObject[] {
  expect(text).toContain(from);
  return objectsOf(text.replaceAll(from, to));
}

describe('the manifest for Kubernetes', () => {
  it('is right by the published schema', () => expect(schemaFaults(objectsOf())).toEqual([]));

  it.each([
    ['a misspelt key', 'imagePullPolicy', 'imagePulPolicy', /imagePulPolicy.* does not exist in type/],
    ['a key at the wrong place', '  template:\n', '  hostNetwork: true\n  template:\n', /hostNetwork.* does not exist/],
    ['a wrong type', 'replicas: 1', 'replicas: "1"', /'string' is not assignable to type 'number'/],
    ['a missing key', '  selector: { matchLabels: { app: web } }\n', '', /selector.* is missing in type/],
  ])('with %s is not', (_, from, to, fault) => {
    expect(schemaFaults(changed(from, to)).join('\n')).toMatch(fault);
  });

  it('runs all but one container, for a moment, without root and capabilities', () => {
    for (const kind of PODS) {
      const pod = podOf(kind);
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const { securityContext } of pod.containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
    const roots = PODS.flatMap((kind) => podOf(kind).initContainers ?? []);
    expect(roots.map(({ securityContext }) => securityContext['capabilities'])).toEqual([
      { drop: ['ALL'], add: ['CHOWN'] },
    ]);
  });
});

describe('the configurations of its pods', () => {
  const folder = mkdtempSync(join(tmpdir(), 'o7k-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const check = (file: string, configuration: string, env: NodeJS.ProcessEnv) => {
    const path = join(folder, file);
    writeFileSync(path, configuration);
    return spawnSync(process.execPath, [IRMD, '--check-config', '--config', path], {
      encoding: 'utf8',
      env: { PATH: `${join(ROOT, 'node_modules', '.bin')}:${process.env['PATH']}`, ...env },
    });
  };
  const pod = { POD_IP: '10.1.2.3', POD_NAME: 'web-5d9c7-x2x4z', NODE_NAME: 'worker-1.example' };

  it.each(Object.entries(configurations()))('have no faults: %s', (file, configuration) => {
    expect(check(file, configuration, pod)).toMatchObject({ status: 0, stderr: '' });
    expect(check(file, configuration, {})).toMatchObject({ status: 2 });
  });

  it('are those that the pods name', () => {
    const named = PODS.map((kind) =>
      podOf(kind)
        .containers.find(({ name }) => name === 'node')!
        .args!.at(-1),
    );
    expect(named).toEqual(Object.keys(configurations()).map((file) => `/etc/ouroboros/${file}`));
  });
});
