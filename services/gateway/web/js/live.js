// What happens, as it happens: the WebSocket, kept open and resumed behind the last event.

import { apiKey } from './api.js';

const FIRST_PAUSE_MS = 500, LONGEST_PAUSE_MS = 15000;
const USUAL_HEARTBEAT_S = 15, SILENT_HEARTBEATS = 2.5;
// the gateway greets when it knows where its own stream begins
const GREETING_MS = 2000;
// 1008: the gateway refuses this caller
const REFUSED = 1008;

export class Live {
  /** `onEvent` gets every event, `onState` the state in a word and in a sentence, `onGap` says that events may be missing. */
  constructor({ onEvent, onState, onGap }) {
    Object.assign(this, { onEvent, onState, onGap });
    this.lastId = '';
    this.pause = FIRST_PAUSE_MS;
    this.heartbeat = USUAL_HEARTBEAT_S;
    this.opened = false;
    document.addEventListener('visibilitychange', () => { if (!document.hidden && !this.socket) { this.connect(); } });
    addEventListener('online', () => { if (!this.socket) { this.connect(); } });
  }

  /** Connect anew: at the start, and with another key. */
  connect() {
    clearTimeout(this.again);
    this.close();
    this.tell(this.opened ? 'reconnecting' : 'connecting');
    const address = new URL('/ws', location.href);
    address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    address.hash = '';
    if (this.lastId) { address.searchParams.set('after', this.lastId); }
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.addEventListener('open', () => {
      this.greeting = setTimeout(() => { if (socket === this.socket) { this.tell('stale'); } }, GREETING_MS);
      if (apiKey()) { socket.send(JSON.stringify({ type: 'authenticate', key: apiKey() })); }
    });
    socket.addEventListener('message', (message) => { if (socket === this.socket) { this.receive(JSON.parse(message.data)); } });
    socket.addEventListener('close', (event) => { if (socket === this.socket) { this.closed(event); } });
    this.listen();
  }

  close() {
    const socket = this.socket;
    this.socket = null;
    clearTimeout(this.silence);
    clearTimeout(this.greeting);
    if (socket) { socket.close(); }
  }

  receive(message) {
    clearTimeout(this.greeting);
    this.listen();
    if (message.type === 'hello') {
      this.heartbeat = message.heartbeat_interval_s || USUAL_HEARTBEAT_S;
      this.pause = FIRST_PAUSE_MS;
      this.follow(message);
      if (this.opened) { this.onGap('The connection was interrupted.'); }
      this.opened = true;
    } else if (message.type === 'heartbeat') {
      this.follow(message);
    } else if (message.type === 'gap') {
      this.onGap(message.message);
    } else if (message.id) {
      this.lastId = message.id;
      this.tell('live');
      this.onEvent(message);
    }
  }

  follow(message) {
    if (message.last_event_id) { this.lastId = message.last_event_id; }
    this.tell(message.following ? 'live' : 'stale');
  }

  closed(event) {
    this.socket = null;
    clearTimeout(this.greeting);
    clearTimeout(this.silence);
    if (event.code === REFUSED) {
      this.tell('refused', event.reason);
    } else {
      this.tell('reconnecting');
    }
    this.again = setTimeout(() => this.connect(), this.pause * (1 + Math.random() * 0.3));
    this.pause = Math.min(LONGEST_PAUSE_MS, this.pause * 2);
  }

  // a connection that says nothing for longer than heartbeats take is none
  listen() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.tell('stale');
      this.connect();
    }, this.heartbeat * SILENT_HEARTBEATS * 1000);
  }

  tell(state, reason = '') {
    const texts = {
      connecting: 'connecting to events',
      live: 'live: what happens is shown as it happens',
      reconnecting: 'reconnecting: what is shown may be out of date',
      stale: 'stale: the gateway gets no events from the orchestrator',
      refused: `refused: ${reason || 'the gateway does not let this page follow events'}`,
    };
    this.state = state;
    this.onState(state, texts[state]);
  }
}
