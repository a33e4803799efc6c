import type { NameLocation } from '@ouroboros/ports';
import { CommandLine } from '../testing/command-line.js';

const LOCATION: NameLocation = {
  ...{ ipcp: 'net.a', type: 'unicast', layer: 'net', rank: 10, answer: 'has', tookMs: 2, text: '', key: 'ab' },
};

describe('irm why', () => {
  let cli: CommandLine;
  beforeEach(() => {
    cli = new CommandLine();
    cli.management.locations.set('hello', [LOCATION]);
  });

  it('prints each stage, and that the name can be reached', async () => {
    const { status, stdout } = await cli.run('why hello');
    expect(status).toBe(0);
    expect(stdout).toBe(
      'ok    layer  layer net has it (IPCP net.a, 2 ms)\n' +
        'ok    flow   a flow over net was up in 4 ms, plain\n' +
        'hello can be reached\n',
    );
  });

  it('prints what failed and what to do, with the exit status of the flow', async () => {
    cli.trial = { ok: false, tookMs: 3, code: 'ENOSERVER', stage: 'accept', message: 'no process serves hello' };
    const { status, stdout } = await cli.run('why hello');
    expect(status).toBe(6);
    expect(stdout).toContain(
      'FAIL  accept  no process serves hello\n              → on the host that serves it: start',
    );
    expect(stdout).toMatch(/hello cannot be reached: accept\n$/);
  });

  it('asks for no flow with --no-flow, and ends with 1 where a stage fails', async () => {
    const { status, stdout } = await cli.run('why nothing --no-flow');
    expect(status).toBe(1);
    expect(stdout).toContain('FAIL  name  there is no layer to ask');
  });

  it('has all in its JSON', async () => {
    expect(await cli.json('why hello')).toMatchObject({
      name: 'hello',
      reached: true,
      failedStage: null,
      findings: [{ stage: 'layer', verdict: 'ok', remedy: null }, { stage: 'flow' }],
      flow: { allocated: true, tookMs: 4, layer: 'net', code: null },
    });
  });

  it('refuses a name that cannot be one', async () => {
    expect((await cli.runWords(['why', 'x'.repeat(300)])).status).toBe(2);
  });
});
