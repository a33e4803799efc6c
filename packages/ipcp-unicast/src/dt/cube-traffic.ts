import type { MetricSet } from '@ouroboros/metrics';
import type { QosCube } from '@ouroboros/model';

/** Packets and bytes of the three cubes in both directions; the packet path adds to it. */
export class CubeTraffic {
  private readonly packets = new Float64Array(6);
  private readonly bytes = new Float64Array(6);

  sent(cube: QosCube, bytes: number): void {
    this.packets[cube]! += 1;
    this.bytes[cube]! += bytes;
  }

  received(cube: QosCube, bytes: number): void {
    this.packets[cube + 3]! += 1;
    this.bytes[cube + 3]! += bytes;
  }

  add(out: MetricSet): void {
    for (let i = 0; i < 6; i += 1) {
      const labels = { direction: i < 3 ? 'sent' : 'received', cube: String(i % 3) };
      out.add('ouroboros_layer_cube_packets', this.packets[i]!, labels);
      out.add('ouroboros_layer_cube_bytes', this.bytes[i]!, labels);
    }
  }
}
