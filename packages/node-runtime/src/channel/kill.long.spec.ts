// The same as kill.spec.ts, which looks at the name of the file that runs it, a thousand times each.
import './kill.spec.js';
