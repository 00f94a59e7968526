// Names of levels at the right edge, moved apart so that each can be read.

const LINE_PIXELS = 14, LETTER_PIXELS = 6.1, LEAST_PIXELS = 30;

const isLevel = (item) => item.yref === 'y' && item.xanchor === 'left';

/** What the longest of the names needs. */
export function labelWidth(annotations) {
  return Math.max(LEAST_PIXELS, ...annotations.filter(isLevel).map((item) => item.text.length * LETTER_PIXELS + 10));
}

/** The annotations with the shifts that keep them apart; `price` is the range of the axis, `height` that of its pane. */
export function spread(annotations, price, height) {
  const [low, high] = price;
  const places = annotations
    .map((item, at) => ({ at, y: ((high - item.y) / (high - low)) * height, level: isLevel(item) }))
    .filter((item) => item.level && item.y >= 0 && item.y <= height)
    .sort((left, right) => left.y - right.y);
  const wanted = places.map((item) => item.y);
  places.forEach((item, i) => { if (i > 0) { item.y = Math.max(item.y, places[i - 1].y + LINE_PIXELS); } });
  // what was pushed out below comes back up
  for (let i = places.length - 1; i >= 0; i -= 1) {
    const most = i === places.length - 1 ? height - LINE_PIXELS / 2 : places[i + 1].y - LINE_PIXELS;
    places[i].y = Math.min(places[i].y, most);
  }
  const shifts = new Map(places.map((item, i) => [item.at, Math.round(wanted[i] - item.y)]));
  return annotations.map((item, at) => ({ ...item, yshift: shifts.get(at) ?? 0 }));
}
