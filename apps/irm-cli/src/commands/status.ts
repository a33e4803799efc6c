import { command } from '../grammar/command.js';
import { readDuration } from '../grammar/values.js';
import { overviewJson, renderOverview } from '../render/overview.js';

/** Home, and all below cleared. */
const REDRAW = '\x1b[H\x1b[J';

export const status = command({
  word: 'status',
  summary: 'state of the daemon and of this host: layers, IPCPs, certificates',
  switches: [
    { word: '--watch', help: 'again and again, until interrupted' },
    { word: '--interval', value: '<time>', help: 'with --watch: how often', fallback: '2s' },
  ],
  read: (words) => ({
    watch: words.has('--watch'),
    intervalMs: readDuration('--interval', words.get('--interval') ?? '2s'),
  }),
  run: async ({ watch, intervalMs }, { irm, emit, signal }) => {
    if (!watch) {
      const found = await irm.overview();
      return { text: renderOverview(found), json: overviewJson(found) };
    }
    for await (const found of irm.overviews(intervalMs, signal)) {
      emit(`${REDRAW}${renderOverview(found)}`, overviewJson(found));
    }
    return { text: '', json: {} };
  },
});
