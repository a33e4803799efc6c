import { join } from 'node:path';
import * as ts from 'typescript';
import { ROOT } from '../document.js';
import type { KubernetesObject } from './manifest.js';

/** Need not exist: it says from where the packages are looked for. */
const FILE = join(ROOT, 'apps', 'docs', 'src', 'deploy', 'manifest.generated.ts');
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  module: ts.ModuleKind.Node16,
  moduleResolution: ts.ModuleResolutionKind.Node16,
  target: ts.ScriptTarget.ES2022,
  types: [],
};

/**
 * What is wrong with these objects by the published schema of the Kubernetes API: the compiler holds them against types made of
 * that schema, which it says no key may be beyond.
 */
export function schemaFaults(objects: readonly KubernetesObject[]): string[] {
  const lines = objects.map(
    (object, i) =>
      `import type { I${object.kind} as T${i} } from 'kubernetes-models/${object.apiVersion}';\n` +
      `export const object${i}: T${i} = ${JSON.stringify(object)};\n`,
  );
  const host = ts.createCompilerHost(OPTIONS);
  const [getSourceFile, fileExists] = [host.getSourceFile, host.fileExists];
  host.fileExists = (file) => file === FILE || fileExists(file);
  host.getSourceFile = (file, ...rest) =>
    file === FILE ? ts.createSourceFile(file, lines.join(''), ts.ScriptTarget.ES2022) : getSourceFile(file, ...rest);
  const faults = ts.getPreEmitDiagnostics(ts.createProgram([FILE], OPTIONS, host));
  return faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
