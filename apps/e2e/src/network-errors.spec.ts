import type { DemoNode, Triangle } from '@ouroboros/demo';
import type { OuroborosError } from '@ouroboros/model';
import type { Flows } from '@ouroboros/flow/node';
import { answersPing, refusedWithin } from './flows.js';
import { ms, note, pause } from './measure.js';
import { until } from './one-node.js';
import { Site } from './site.js';

jest.setTimeout(30_000);

/** An error is there within this, whatever is wrong. */
const ERROR_LIMIT_MS = 1_000;

let site: Site;
let triangle: Triangle;
let n1: DemoNode, n2: DemoNode, n3: DemoNode;
let client: Flows;
beforeAll(async () => {
  site = await Site.open();
  triangle = await site.triangle();
  [n1, n2, n3] = ['n1', 'n2', 'n3'].map((name) => triangle.get(name)) as [DemoNode, DemoNode, DemoNode];
  client = site.flows(n1);
});
afterAll(() => site.close());

/** The error of an allocation on n1, which comes in time. */
async function errorOf(what: string, name: string): Promise<OuroborosError> {
  const startedAt = performance.now();
  const error = await refusedWithin(ERROR_LIMIT_MS, client.alloc(name));
  note(what, `${error.code} after ${ms(performance.now() - startedAt)}: ${error.message}`);
  return error;
}

/** oping on n1 says so in the same words. */
async function opingSays(name: string, { message }: OuroborosError, status: number): Promise<void> {
  const ran = await site.run(n1, 'oping', '-n', name);
  expect(ran).toMatchObject({ status, stdout: '', stderr: `Failed to allocate flow: ${message}\n` });
}

describe('an allocation that cannot be: the error within a second', () => {
  it('for a name that is nowhere names the layers that were asked, with exit status 4', async () => {
    const error = await errorOf('a name that is nowhere', 'nowhere');
    expect(error).toMatchObject({ code: 'ENAME', message: 'name nowhere is in no layer (asked: loop, net, udp)' });
    await opingSays('nowhere', error, 4);
  });

  it('for a name without a bound server comes from the other host, with exit status 6', async () => {
    await n2.irm.regName('idle', { layers: ['net'] });
    const error = await errorOf('no server bound', 'idle');
    expect(error).toMatchObject({ code: 'ENOSERVER', message: expect.stringMatching(/no process serves idle$/) });
    await opingSays('idle', error, 6);
  });

  it('for a server that has died is the same', async () => {
    const server = await site.serve(n2, 'dying', 'net');
    await answersPing(await client.alloc('dying'));
    await server.kill('SIGKILL');
    expect(await errorOf('server just killed', 'dying')).toMatchObject({ code: 'ENOSERVER' });
  });

  it('for a program that cannot be started there carries the reason', async () => {
    await n2.irm.bindProgram('/bin/false', 'broken', { auto: true });
    await n2.irm.regName('broken', { layers: ['net'] });
    const error = await errorOf('a program that fails', 'broken');
    expect(error.message).toMatch(/^the remote host refused a flow to broken: \/bin\/false exited with status 1/);
    await opingSays('broken', error, 6);
  });

  it('for a name that was just unregistered is there at once, from both other nodes', async () => {
    await site.serve(n2, 'brief', 'net');
    const third = site.flows(n3);
    for (const flows of [client, third]) await answersPing(await flows.alloc('brief'));
    await n2.irm.unregName('brief', { layers: ['net'] });
    const error = await errorOf('name just unregistered', 'brief');
    expect(error).toMatchObject({ code: 'ENAME', message: 'name brief is in no layer (asked: loop, net, udp)' });
    expect(await refusedWithin(ERROR_LIMIT_MS, third.alloc('brief'))).toMatchObject({ code: 'ENAME' });
  });

  it('for a member that cannot be reached says so, at the moment of the cut and later', async () => {
    await site.serve(n3, 'island', 'net');
    await answersPing(await client.alloc('island'));
    await Promise.all([triangle.cut('n1', 'n3'), triangle.cut('n2', 'n3')]);
    const expected = { code: 'ENOSERVER', message: 'no route to a member that serves the name' };
    expect(await errorOf('member just cut off', 'island')).toMatchObject(expected);
    await pause(500);
    const error = await errorOf('member cut off for a while', 'island');
    expect(error).toMatchObject(expected);
    await opingSays('island', error, 6);
    await Promise.all([triangle.heal('n1'), triangle.heal('n2')]);
    const works = async (): Promise<boolean> =>
      client.alloc('island').then(
        async (flow) => answersPing(flow).then(() => true),
        () => false,
      );
    note('healed: a flow after', ms(await until('there is a flow again', works)));
  });
});
