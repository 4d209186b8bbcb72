import type { Endpoint, FromWorker, ToWorker } from './messages.js';
import { Session } from './session.js';

// The dedicated worker: nothing but a session.
new Session(self as unknown as Endpoint<FromWorker, ToWorker>);
