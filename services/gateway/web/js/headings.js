// Headings of ranges that begin before the part shown: moved to its left edge, where they can be read.

const LEAST_SHARE = 0.15;

/** The trace with its headings moved, for traces that are headings; `boxes` is the trace of the ranges themselves. */
export function kept(trace, boxes, [left, right], labels, at) {
  const edge = labels[Math.max(0, Math.ceil(left))];
  // a heading over a sliver of its range would stand in the way of others
  const least = left + LEAST_SHARE * (right - left);
  const ends = new Map();
  // a box is five points and a gap: left below, right below, right above, left above, left below
  for (let i = 0; i + 5 < boxes.x.length; i += 6) { ends.set(`${boxes.x[i]} ${boxes.y[i + 2]}`, boxes.x[i + 1]); }
  const x = trace.x.map((label, i) => {
    const end = ends.get(`${label} ${trace.y[i]}`);
    return at.get(label) < left && end !== undefined && at.get(end) > least ? edge : label;
  });
  return { ...trace, x };
}
