// The slider: bars one after the other, with what was known at each.

import { find } from './dom.js';
import { countUntil } from './frames.js';

export class Replay {
  /** `onBar` gets the bar to be shown, `onLeave` is called for the way back to now. */
  constructor({ onBar, onLeave, isDrawing }) {
    Object.assign(this, { onBar, onLeave, isDrawing });
    this.document = null;
    this.bar = 0;
    this.playing = false;
    find('bar').addEventListener('input', () => { this.play(false); this.go(Number(find('bar').value)); });
    find('play').addEventListener('click', () => this.play(!this.playing));
    find('back').addEventListener('click', () => this.step(-1));
    find('on').addEventListener('click', () => this.step(1));
    find('said-back').addEventListener('click', () => this.said(-1));
    find('said-on').addEventListener('click', () => this.said(1));
    find('live-button').addEventListener('click', () => this.onLeave());
    find('replay').addEventListener('submit', (event) => event.preventDefault());
  }

  get open() { return this.document !== null; }
  get last() { return this.labels.length - 1; }

  /** Begin at a bar, the newest one when it is null. */
  enter(document, labels, bar = null) {
    this.document = document;
    this.labels = labels;
    find('bar').max = String(this.last);
    find('replay').hidden = false;
    this.go(bar ?? this.last);
  }

  leave() {
    this.play(false);
    this.document = null;
    find('replay').hidden = true;
  }

  go(bar) {
    this.bar = Math.min(this.last, Math.max(0, bar));
    const slider = find('bar');
    slider.value = String(this.bar);
    slider.setAttribute('aria-valuetext', this.labels[this.bar]);
    find('date').textContent = `${this.labels[this.bar]}, bar ${this.bar + 1} of ${this.last + 1}`;
    this.onBar(this.bar);
  }

  step(by) {
    this.play(false);
    this.go(this.bar + by);
  }

  /** To the next bar, or the one before, at which something was said. */
  said(direction) {
    const moments = this.document.said.map((item) => item.known);
    const at = direction > 0 ? countUntil(moments, (bar) => bar, this.bar) : countUntil(moments, (bar) => bar, this.bar - 1) - 1;
    this.play(false);
    if (moments[at] !== undefined) { this.go(moments[at]); }
  }

  play(on, from = null) {
    if (on === this.playing) { return; }
    this.playing = on;
    find('play').textContent = on ? 'Pause' : 'Play';
    find('play').setAttribute('aria-pressed', String(on));
    if (!on) { return; }
    if (this.bar >= this.last) { this.go(from ?? Math.max(0, this.last - 120)); }
    let last = performance.now();
    const tick = (time) => {
      if (!this.playing || !this.open) { return; }
      const bars = Math.floor(((time - last) * Number(find('speed').value)) / 1000);
      if (bars > 0 && !this.isDrawing()) {
        last = time;
        this.go(this.bar + bars);
      }
      if (this.bar >= this.last) { this.play(false); } else { requestAnimationFrame(tick); }
    };
    requestAnimationFrame(tick);
  }
}
