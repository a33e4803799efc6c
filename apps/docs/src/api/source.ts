import ts from 'typescript';

/** The statements of each `call` in the text of examples.ts, by the name of the call, as they stand there. */
export function callBodies(text: string): ReadonlyMap<string, string> {
  const source = ts.createSourceFile('examples.ts', text, ts.ScriptTarget.ES2022, true);
  const bodies = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    if (isNamed(node, 'call') && ts.isArrowFunction(node.initializer) && ts.isBlock(node.initializer.body)) {
      const example = node.parent.parent;
      const { statements } = node.initializer.body;
      const [first, last] = [statements[0], statements[statements.length - 1]];
      if (first && last && ts.isPropertyAssignment(example))
        bodies.set(example.name.getText(), dedented(text.slice(first.getStart(), last.getEnd())));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return bodies;
}

const isNamed = (node: ts.Node, name: string): node is ts.PropertyAssignment =>
  ts.isPropertyAssignment(node) && node.name.getText() === name;

/** Without the indentation of the body, which its first line does not have. */
const dedented = (text: string): string => text.replace(/\n {6}/g, '\n');
