import fc from 'fast-check';
import { NEVER, micros, type Micros } from '@ouroboros/model';
import { BoundedQueue, MachineDriver, TimerTable, type Machine, type Sink } from './index.js';

describe('TimerTable', () => {
  it('hands out due timers earliest first and stops them', () => {
    const timers = new TimerTable<'a' | 'b' | 'c'>();
    timers.set('a', micros(30));
    timers.set('b', micros(10));
    timers.set('c', micros(50));
    expect(timers.deadline).toBe(10);
    expect(timers.takeDue(micros(40))).toBe('b');
    expect(timers.takeDue(micros(40))).toBe('a');
    expect(timers.takeDue(micros(40))).toBeUndefined();
    timers.stop('c');
    expect(timers.deadline).toBe(NEVER);
  });
});

describe('BoundedQueue', () => {
  it('behaves like an array that refuses to grow beyond its capacity', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.option(fc.integer()), { maxLength: 60 }),
        (capacity, ops) => {
          const queue = new BoundedQueue<number>(capacity);
          const model: number[] = [];
          for (const op of ops) {
            if (op === null) expect(queue.shift()).toBe(model.shift());
            else {
              expect(queue.push(op)).toBe(model.length < capacity);
              if (model.length < capacity) model.push(op);
            }
            expect([queue.length, queue.peek()]).toEqual([model.length, model[0]]);
          }
        },
      ),
    );
  });
});

/** Emits every input, and asks to be woken 10 µs after it. */
class Echo implements Machine<string, string> {
  deadline: Micros = NEVER;
  handle(input: string, now: Micros, out: Sink<string>): void {
    out.emit(`${now} ${input}`);
    this.deadline = micros(now + 10);
  }
  wake(now: Micros, out: Sink<string>): void {
    if (now < this.deadline) return;
    this.deadline = NEVER;
    out.emit(`${now} wake`);
  }
}

class ManualClock {
  time = 0;
  armed: { at: Micros; callback: () => void } | undefined;
  now = (): Micros => micros(this.time);
  at = (at: Micros, callback: () => void): (() => void) => {
    this.armed = { at, callback };
    return () => (this.armed = undefined);
  };
  advanceTo(time: number): void {
    this.time = time;
    const due = this.armed;
    if (!due || due.at > time) return;
    this.armed = undefined;
    due.callback();
  }
}

describe('MachineDriver', () => {
  it('wakes the machine at its deadline and not before', () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    const driver = new MachineDriver(new Echo(), clock, (output) => seen.push(output));
    driver.input('one');
    clock.advanceTo(9);
    expect(seen).toEqual(['0 one']);
    clock.advanceTo(12);
    expect(seen).toEqual(['0 one', '12 wake']);
    expect(clock.armed).toBeUndefined();
  });

  it('queues inputs that an output causes behind the outputs at hand', () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    const driver: MachineDriver<string, string> = new MachineDriver(new Echo(), clock, (output) => {
      seen.push(output);
      if (output === '0 one') {
        driver.input('two');
        seen.push('after input');
      }
    });
    driver.input('one');
    expect(seen).toEqual(['0 one', 'after input', '0 two']);
  });

  it('does nothing any more once stopped', () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    const driver = new MachineDriver(new Echo(), clock, (output) => seen.push(output));
    driver.input('one');
    driver.stop();
    driver.input('two');
    clock.advanceTo(100);
    expect(seen).toEqual(['0 one']);
  });
});
