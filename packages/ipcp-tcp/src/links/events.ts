import type { LinkMessage } from '../bytes/control.js';

/** A connection as the links see it. */
export interface WatchedConnection {
  /** Where the other side is, for people. */
  readonly remote: string;
  /** The place that was dialed; null = the other side dialed. */
  readonly target: string | null;
  /** Set by the packet path for each frame that arrives; reset by the links. */
  heard: boolean;
}

/** How this side introduces itself. */
export interface Self {
  readonly member: string;
  readonly run: string;
  readonly layer: string;
  /** Number of the layer's hash algorithm. */
  readonly hash: number;
  /** How long a link outlives its connection, in ms. */
  readonly holdMs: number;
}

export type LinkInput<C extends WatchedConnection> =
  /** Keep a connection to this place from now on. */
  | { readonly type: 'target'; readonly target: string }
  /** A connection was made or accepted. */
  | { readonly type: 'connected'; readonly connection: C }
  /** Dialing came to nothing. */
  | { readonly type: 'failed'; readonly target: string; readonly why: string }
  /** The connection ended or broke, or its bytes made no sense. */
  | { readonly type: 'lost'; readonly connection: C }
  | { readonly type: 'received'; readonly connection: C; readonly message: LinkMessage }
  /** The member leaves the layer. */
  | { readonly type: 'leave' };

export type LinkOutput<C extends WatchedConnection> =
  | { readonly type: 'dial'; readonly target: string }
  | { readonly type: 'send'; readonly connection: C; readonly message: LinkMessage }
  | { readonly type: 'close'; readonly connection: C }
  /** The link with this member uses this connection from now on; what was under way on an earlier one is lost. */
  | { readonly type: 'up'; readonly member: string; readonly connection: C }
  /** The link has no connection for the time being. */
  | { readonly type: 'down'; readonly member: string }
  /** The link is no more: the member left, started anew, or stayed away too long. */
  | { readonly type: 'gone'; readonly member: string }
  /** For the log. */
  | { readonly type: 'refused'; readonly remote: string; readonly why: string };

/** A link as reports show it. */
export interface LinkView {
  readonly member: string;
  readonly state: 'up' | 'held';
  readonly remote: string;
  readonly dialed: boolean;
}

/** A place to dial as reports show it. */
export interface TargetView {
  readonly target: string;
  readonly state: 'dialing' | 'greeting' | 'up' | 'waiting';
  /** Why it is not up. */
  readonly why: string;
}
