import { parseAllDocuments } from 'yaml';
import { readText } from '../document.js';

export const MANIFEST = 'docker/kubernetes/ouroboros.yaml';

/** What the specs read of an object of Kubernetes. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template: { readonly spec: PodSpec } };
}

export interface PodSpec {
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  /** What each is made of stands under the key of its kind. */
  readonly volumes: readonly ({ readonly name: string } & Readonly<Record<string, unknown>>)[];
}

export interface Container {
  readonly name: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
  }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly readinessProbe?: { readonly exec: { readonly command: readonly string[] } };
  readonly securityContext: Readonly<Record<string, unknown>>;
}

/** All objects of a manifest; throws for what is no YAML. */
export function objectsOf(text = readText(MANIFEST)): KubernetesObject[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    return document.toJS() as KubernetesObject;
  });
}

export const podOf = (kind: string, objects = objectsOf()): PodSpec =>
  objects.find((object) => object.kind === kind)!.spec!.template.spec;

/** The container of a pod that runs irmd. */
export const nodeOf = (pod: PodSpec): Container => pod.containers.find(({ name }) => name === 'node')!;

/** Files that the pods read, by their names below /etc/ouroboros. */
export const configurations = (objects = objectsOf()): Readonly<Record<string, string>> =>
  objects.find(({ kind }) => kind === 'ConfigMap')!.data!;
