import type { Group } from '../grammar/command.js';
import { bind, unbind } from './bind.js';
import { completion } from './completion.js';
import { wait, watch } from './daemon.js';
import { debug } from './debug.js';
import { directory, flow, neighbor, rib, route } from './inspect.js';
import { invite } from './invite.js';
import { ipcp } from './ipcp.js';
import { join } from './join.js';
import { layer } from './layer.js';
import { name } from './name.js';
import { pki } from './pki.js';
import { status } from './status.js';
import { trace } from './trace.js';
import { why } from './why.js';

/** Everything that irm can do. */
export const ROOT: Group = {
  kind: 'group',
  word: 'irm',
  summary: 'Manage the Ouroboros node of this host: its IPCPs, names, bindings and flows.',
  entries: [ipcp, bind, unbind, name],
  ours: [
    status,
    wait,
    flow,
    route,
    neighbor,
    directory,
    rib,
    watch,
    why,
    trace,
    layer,
    debug,
    pki,
    completion(() => ROOT),
    invite,
    join,
  ],
};
