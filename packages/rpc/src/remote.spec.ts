import { readFileSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { CertificateFiles } from '@ouroboros/node-runtime';
import type { Management, WatchEvent } from '@ouroboros/ports';
import { Flows } from './gen/ouroboros/flow/v1/flow_pb.js';
import { Operations, Registration } from './gen/ouroboros/ipcp/v1/ipcp_pb.js';
import { Management as ManagementService } from './gen/ouroboros/irm/v1/irm_pb.js';
import type { RemoteNode } from './index.js';
import { MANAGEMENT_ROLES } from './management-roles.js';
import { MANAGEMENT_METHODS } from './management-methods.js';
import { RemoteRig } from './remote.fixture.js';
import { rejection } from './rig.fixture.js';
import { NOTE, STATUS } from './samples.fixture.js';
import { ROLES } from './wire/remote-server.js';

const MEBIBYTE = 1024 * 1024;
const PATHS = ManagementService.methods.map(({ name }) => `/${ManagementService.typeName}/${name}`);

describe('The table of roles', () => {
  it('has every method of the service, and no other', () => {
    expect(Object.keys(MANAGEMENT_ROLES).sort()).toEqual(Object.keys(ManagementService.method).sort());
    expect(Object.keys(MANAGEMENT_ROLES).sort()).toEqual([...Object.keys(MANAGEMENT_METHODS), 'watch'].sort());
    for (const path of PATHS) expect(ROLES.has(path)).toBe(true);
  });
});

describe('Management from another host', () => {
  let rig: RemoteRig;
  let called: string[];
  let sessions: ClientHttp2Session[];

  beforeEach(async () => {
    called = [];
    sessions = [];
    const noted = (name: string) => {
      called.push(name);
      return name === 'status' ? Promise.resolve(STATUS) : Promise.resolve(undefined);
    };
    const methods = Object.keys(MANAGEMENT_ROLES).map((name) => [name, () => noted(name)]);
    rig = await RemoteRig.open(Object.fromEntries(methods) as Partial<Management>);
  });
  afterEach(() => {
    for (const session of sessions) session.destroy();
    rig.close();
  });

  /** A session of HTTP/2 with nothing of gRPC. */
  function http2({ endpoint, files, serverName }: RemoteNode): ClientHttp2Session {
    const { cert, key } = files.own!;
    const pem = { ca: readFileSync(files.ca!), cert: readFileSync(cert), key: readFileSync(key) };
    const session = connectHttp2(`https://${endpoint.host}:${endpoint.port}`, {
      ...pem,
      servername: serverName!,
      maxSessionMemory: 1000,
    });
    session.on('error', () => undefined);
    sessions.push(session);
    return session;
  }

  /** Sends headers and `body` bytes, but not the end; answers the status of gRPC. */
  function statusOf(session: ClientHttp2Session, path: string, body: Buffer): Promise<string> {
    return new Promise((resolve) => {
      const call = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const take = (headers: Record<string, unknown>): void => {
        if (headers['grpc-status'] === undefined) return;
        resolve(String(headers['grpc-status']));
        call.destroy();
      };
      call.on('response', take).on('trailers', take);
      call.on('error', (error) => resolve(error.message));
      call.resume();
      call.write(body);
    });
  }

  it('does what a caller with the role asks for', async () => {
    const operator = rig.connect(await rig.caller('alice', 'operate'));
    expect(await operator.status()).toEqual(STATUS);
    await operator.nameDestroy('hello');
    expect(called).toEqual(['status', 'nameDestroy']);
  });

  it('refuses every method that changes something to who may only read, before a message is read', async () => {
    const node = await rig.caller('bob', 'read');
    expect(await rig.connect(node).status()).toEqual(STATUS);
    const refused = rejection(rig.connect(node).nameDestroy('hello'));
    expect(await refused).toMatchObject({
      code: 'EPERM',
      stage: 'policy',
      message: expect.stringContaining('only read'),
    });
    const session = http2(node);
    for (const { name, localName } of ManagementService.methods) {
      if (MANAGEMENT_ROLES[localName as keyof Management] === 'read') continue;
      expect([name, await statusOf(session, `/${ManagementService.typeName}/${name}`, Buffer.alloc(MEBIBYTE))]).toEqual(
        [name, '7'],
      );
    }
    expect(called).toEqual(['status']);
  });

  it('refuses every method to a certificate without a role, before a message is read', async () => {
    const node = await rig.caller('mallory');
    for (const path of ROLES.keys())
      expect([path, await statusOf(http2(node), path, Buffer.alloc(MEBIBYTE))]).toEqual([path, '7']);
    expect(called).toEqual([]);
    expect(new Set(rig.refusals)).toEqual(new Set(['mallory has no role here']));
    expect(await rejection(rig.connect(node).status())).toMatchObject({
      code: 'EPERM',
      message: 'mallory may not use this node',
    });
  });

  it('follows a role that changes while the caller is connected', async () => {
    const management = rig.connect(await rig.caller('carol', 'read'));
    await management.status();
    rig.roles.set('carol', 'operate');
    await management.nameDestroy('hello');
    rig.roles.delete('carol');
    expect(await rejection(management.status())).toMatchObject({ code: 'EPERM' });
    expect(called).toEqual(['status', 'nameDestroy']);
  });

  it('ends a watch of who has lost the role, and of no other', async () => {
    async function* watch(): AsyncIterable<WatchEvent> {
      yield NOTE;
      await new Promise(() => undefined);
    }
    const other = await RemoteRig.open({ watch });
    const [carol, dave] = [await other.caller('carol', 'read'), await other.caller('dave', 'read')].map((node) =>
      other.connect(node).watch()[Symbol.asyncIterator](),
    );
    await Promise.all([carol!.next(), dave!.next()]);
    const [lost, kept] = [carol!.next(), dave!.next()];
    other.roles.delete('carol');
    other.server.recheck();
    await expect(lost).rejects.toMatchObject({ code: 'EIRMD' });
    const still = await Promise.race([
      kept.catch(() => 'ended'),
      new Promise((resolve) => setTimeout(resolve, 50, 'open')),
    ]);
    expect(still).toBe('open');
    other.close();
    await expect(kept).rejects.toMatchObject({ code: 'EIRMD' });
  });

  it('has no service for applications and IPCPs', async () => {
    const session = http2(await rig.caller('alice', 'operate'));
    for (const { typeName, methods } of [Flows, Registration, Operations])
      for (const { name } of methods)
        expect(await statusOf(session, `/${typeName}/${name}`, Buffer.alloc(5))).toBe('12');
  });

  it('is not reached without a certificate, with one of another authority, or for another purpose', async () => {
    const { files } = await rig.caller('alice', 'operate');
    const none = await rejection(rig.connect(rig.node({ ...files, own: null })).status());
    expect(none).toMatchObject({ code: 'EIRMD', message: expect.stringMatching(/certificate required/) });
    const foreign = await RemoteRig.open({});
    const { files: theirs } = await foreign.caller('alice');
    const other = await rejection(rig.connect(rig.node({ own: theirs.own, ca: rig.ca })).status());
    expect(other).toMatchObject({ code: 'EIRMD', message: expect.stringContaining('does not believe') });
    foreign.close();
    const server = await rejection(rig.connect(rig.node({ own: rig.own('server', 'node1'), ca: rig.ca })).status());
    expect(server).toMatchObject({ code: 'EIRMD', message: expect.stringContaining('does not believe') });
    expect(called).toEqual([]);
  });

  it('is not reached any more with a certificate that was revoked', async () => {
    const files = (own: RemoteRig): CertificateFiles => ({ own: own.own('server', 'node1'), ca: own.ca, crl: own.crl });
    const listed = await RemoteRig.open({ status: () => Promise.resolve(STATUS) }, {}, files);
    const eve = await listed.caller('eve', 'operate');
    expect(await listed.connect(eve).status()).toEqual(STATUS);
    await listed.pki.revoke({ name: 'eve' });
    expect(await rejection(listed.connect(eve).status())).toMatchObject({ code: 'EIRMD' });
    expect(listed.refusals).toContain('CERT_REVOKED');
    listed.close();
  });

  it('tells the caller that the daemon shows another name, another authority, or is not there', async () => {
    const { files, endpoint } = await rig.caller('alice', 'operate');
    const wrongName = await rejection(rig.connect(rig.node(files, 'node2')).status());
    expect(wrongName).toMatchObject({ code: 'EIRMD', message: expect.stringMatching(/does not match|node1/) });
    const foreign = await RemoteRig.open({});
    const wrongCa = await rejection(rig.connect(rig.node({ ...files, ca: foreign.ca })).status());
    expect(wrongCa).toMatchObject({ code: 'EIRMD', message: expect.stringMatching(/self-signed|unable to|signature/) });
    foreign.close();
    const nobody = { ...rig.node(files), endpoint: { ...endpoint, port: 1 } };
    expect(await rejection(rig.connect(nobody).status())).toMatchObject({
      message: expect.stringContaining('nobody listens'),
    });
    const noFile = rig.node({ ...files, ca: '/none' });
    expect(await rejection(rig.connect(noFile).status())).toMatchObject({ code: 'EINVAL', field: 'ca' });
  });

  it('gives up a call after the time that it may take', async () => {
    const slow = await RemoteRig.open({ status: () => new Promise(() => undefined) });
    const management = slow.connect(await slow.caller('alice', 'read'), 300);
    expect(await rejection(management.status())).toMatchObject({ code: 'ETIMEDOUT' });
    slow.close();
  });

  it('lives on after connections that speak no TLS, and TLS that speaks no HTTP/2', async () => {
    const ended = (socket: ReturnType<typeof connectTcp>): Promise<void> =>
      new Promise((resolve) => {
        socket.on('error', () => undefined).on('close', () => resolve());
        socket.resume();
      });
    const plain = connectTcp(rig.port, '127.0.0.1');
    plain.write(Buffer.alloc(MEBIBYTE, 'GET / HTTP/1.1\r\n'));
    await ended(plain);
    const { files } = await rig.caller('alice', 'operate');
    const { cert, key } = files.own!;
    const pem = { ca: readFileSync(files.ca!), cert: readFileSync(cert), key: readFileSync(key) };
    const tls = connectTls({ ...pem, host: '127.0.0.1', port: rig.port, servername: 'node1', ALPNProtocols: ['h2'] });
    tls.write(Buffer.alloc(MEBIBYTE, 'nonsense'));
    await ended(tls);
    expect(await rig.connect(rig.node(files)).status()).toEqual(STATUS);
  });
});
