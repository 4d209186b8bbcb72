import type { WorkerLike } from '../../runtime/src/container.js';
import type { Endpoint, FromWorker, ToWorker } from '../../runtime/src/messages.js';
import { Session } from '../../runtime/src/session.js';

/** The worker's session on this thread, with no caches. A clock that stands makes what it tells ahead the same on machines of any speed. */
export function localWorker(clock?: () => number): WorkerLike {
  const { port1, port2 } = new MessageChannel();
  const session = new Session(port2 as unknown as Endpoint<FromWorker, ToWorker>, async () => ({}), clock);
  return Object.assign(port1, { terminate: () => { session.close(); port1.close(); } }) as unknown as WorkerLike;
}
