import { RoomQueue } from './room-queue.js';

describe('writers that wait for room', () => {
  it('are resumed once, and wait again only when they ask to', () => {
    const queue = new RoomQueue();
    let resumed = 0;
    queue.add(() => void (resumed += 1));
    queue.resume();
    queue.resume();
    expect(resumed).toBe(1);
  });

  it('have their turns, even when the room is always for one of them', () => {
    const queue = new RoomQueue();
    const written: string[] = [];
    let room = 0;
    const write = (name: string): void => {
      if (room > 0) written.push(name);
      room -= 1;
      queue.add(() => write(name));
    };
    for (const name of ['a', 'b', 'c']) write(name);
    for (let i = 0; i < 9; i += 1) {
      room = 1;
      queue.resume();
    }
    const count = (name: string): number => written.filter((one) => one === name).length;
    expect([count('a'), count('b'), count('c')]).toEqual([3, 3, 3]);
  });
});
