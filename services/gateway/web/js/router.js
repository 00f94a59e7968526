// The address says what is shown: #/SYMBOL/TIMEFRAME.

/** What the address names, or null. */
export function place() {
  const parts = location.hash.replace(/^#\/?/, '').split('/');
  if (parts.length !== 2 || !parts[0] || !parts[1]) { return null; }
  try {
    return { symbol: decodeURIComponent(parts[0]), timeframe: decodeURIComponent(parts[1]) };
  } catch {
    return null;
  }
}

export const address = (symbol, timeframe) => `#/${encodeURIComponent(symbol)}/${encodeURIComponent(timeframe)}`;

export const sameInstrument = (left, right) =>
  Boolean(left && right) && left.symbol === right.symbol && left.timeframe === right.timeframe;
