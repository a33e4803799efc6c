import { IPCP_TYPES } from '@ouroboros/model';
import { checkType, compareIpcps } from './ipcp-types.js';
import { MemoryManagement } from './memory-management.js';

describe('types of IPCPs', () => {
  it('of the specification and unknown ones pass, because ipcpd-<type> may exist', () => {
    expect(IPCP_TYPES).toEqual(['local', 'unicast', 'broadcast', 'eth-llc', 'eth-dix', 'udp4', 'udp6']);
    for (const type of [...IPCP_TYPES, 'lossy', 'my.type_2']) expect(() => checkType(type)).not.toThrow();
  });

  it.each(['', '../x', 'a b', '-x', 'UDP4'])('that are no word are refused: %p', (type) => {
    expect(() => checkType(type)).toThrow(
      /type must be local, unicast, broadcast, eth-llc, eth-dix, udp4, udp6 or the <type> of an installed ipcpd-<type>/,
    );
  });

  it('order lists, then names of types, then pids', async () => {
    const management = new MemoryManagement();
    for (const type of [
      'udp6',
      'zeta',
      'udp4',
      'local',
      'alpha',
      'eth-dix',
      'broadcast',
      'eth-llc',
      'unicast',
      'local',
    ]) {
      await management.ipcpCreate({ name: `i${management.calls.length}`, type, restart: 'never' });
    }
    const sorted = [...(await management.ipcpList())].sort(compareIpcps);
    expect(sorted.map(({ type }) => type)).toEqual([
      'local',
      'local',
      'unicast',
      'broadcast',
      'eth-llc',
      'eth-dix',
      'udp4',
      'udp6',
      'alpha',
      'zeta',
    ]);
    expect(sorted[0]!.pid).toBeLessThan(sorted[1]!.pid);
  });
});
