import type { Row } from './columns.js';

/** A page of the manual. */
export interface Page {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly section: 1 | 5 | 8;
  readonly summary: string;
  /** Behind NAME. */
  readonly parts: readonly Part[];
}

export interface Part {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export type Block =
  | { readonly kind: 'text'; readonly text: string }
  /** Terms with their explanations. */
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  /** Lines that stay as they are. */
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'heading'; readonly text: string };

export const text = (content: string): Block => ({ kind: 'text', text: content });
export const rows = (list: readonly Row[]): Block => ({ kind: 'rows', rows: list });
export const lines = (list: readonly string[]): Block => ({ kind: 'lines', lines: list });

/** A part, or nothing when there is nothing to say in it. */
export const part = (title: string, blocks: readonly Block[]): readonly Part[] =>
  blocks.length === 0 ? [] : [{ title, blocks }];
