// Which bars and prices are shown. Positions count the bars drawn from 0; half a bar of room on either side.

const LEAST_BARS = 20, LEAST_BAR_PIXELS = 3, MARGIN = 0.07;

/** The range for the newest `bars` in `width` pixels, of which `labels` are room at the right for names of levels. */
export function newest(count, bars, width, labels) {
  const shown = Math.max(LEAST_BARS, Math.min(bars, count));
  const room = Math.min(0.4 * width, labels);
  const right = count - 0.5 + (shown * room) / Math.max(1, width - room);
  return [count - shown - 0.5, right];
}

/** The same for the structure that counts, as far as bars stay wide enough to be seen. */
export function first(layout, count, width, labels) {
  const asked = Math.ceil(count - 0.5 - layout.xaxis.range[0]);
  return newest(count, Math.min(asked, Math.max(40, Math.floor((width - labels) / LEAST_BAR_PIXELS))), width, labels);
}

/** A range that keeps the bar in sight. */
export function following([left, right], bar) {
  const width = right - left;
  if (bar > right - 0.06 * width) { return [bar - 0.94 * width, bar + 0.06 * width]; }
  if (bar < left + 0.06 * width) { return [bar - 0.5 * width, bar + 0.5 * width]; }
  return [left, right];
}

export function zoomed([left, right], factor, count) {
  const width = Math.min(count * 1.15 + 2, Math.max(LEAST_BARS, (right - left) * factor));
  // the newest bars stay at their place, as they are what is mostly looked at
  return right >= count - 1 ? [right - width, right] : [(left + right - width) / 2, (left + right + width) / 2];
}

export function moved([left, right], share, count) {
  const width = right - left;
  const step = Math.max(-left - 0.5 * width, Math.min(share * width, count + 0.5 * width - right));
  return [left + step, right + step];
}

/** The range that shows the same bars when the series goes on: `before` and `now` are the labels of the axis. */
export function carried([left, right], before, now) {
  const gone = before.indexOf(now[0]);
  if (gone < 0) { return null; }
  const added = now.length - (before.length - gone);
  // who looks at the newest bar goes on looking at it
  const step = right >= before.length - 1 ? added - gone : -gone;
  return [left + step, right + step];
}

/** The ranges of price and volume for the bars in sight and the labels of their events, up to `last`. */
export function heights(frames, range, last) {
  const candles = frames.data[frames.prices], volumes = frames.data[frames.volumes];
  const from = Math.max(0, Math.ceil(range[0])), to = Math.min(candles.low.length - 1, last, Math.floor(range[1]));
  if (to < from) { return null; }
  let low = Infinity, high = -Infinity, volume = 0;
  for (let i = from; i <= to; i += 1) {
    low = Math.min(low, candles.low[i]);
    high = Math.max(high, candles.high[i]);
    volume = Math.max(volume, volumes.y[i]);
  }
  for (const { at, price, moments } of frames.marks) {
    if (at < from || at > to || (moments && moments[0] > last)) { continue; }
    low = Math.min(low, price);
    high = Math.max(high, price);
  }
  const margin = (high - low) * MARGIN || high * MARGIN;
  return { price: [low - margin, high + margin], volume: [0, volume * 1.08 || 1] };
}
