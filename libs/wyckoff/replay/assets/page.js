(function () {
function start() {
  const chart = document.getElementById('{plot_id}');
  const data = JSON.parse(document.getElementById('replay-data').textContent);
  const find = (id) => document.getElementById(id);
  const slider = find('bar'), list = find('entries');

  const priceTrace = chart.data.findIndex((trace) => trace.type === 'candlestick');
  const volumeTrace = chart.data.findIndex((trace) => trace.type === 'bar');
  const laterTrace = chart.data.findIndex((trace) => trace.meta === 'later');
  const prices = { ...chart.data[priceTrace] }, volumes = { ...chart.data[volumeTrace] };
  const labels = prices.x, count = labels.length;
  const timed = chart.data
    .map((trace, index) => ({ index, moments: trace.customdata, x: trace.x, y: trace.y }))
    .filter((trace) => Array.isArray(trace.moments) && trace.moments.length > 0)
    .map((trace) => ({ ...trace, shown: '' }));

  let now = count - 1, drawing = false, due = false, playing = false, listed = 0;

  // A point is [since, until] or, when it moves along, [since, until, settled, offset].
  function pointsAt(trace, bar) {
    const x = [], y = [];
    trace.moments.forEach(function ([since, until, settled, offset], point) {
      const seen = since <= bar && (until === null || bar < until);
      const moves = settled !== undefined && bar < settled && trace.x[point] !== null;
      x.push(moves ? labels[Math.min(count - 1, Math.max(0, since, bar + offset))] : trace.x[point]);
      y.push(seen ? trace.y[point] : null);
    });
    return { x, y };
  }

  // Left and right edge of the time axis that keep the bar in sight.
  function windowAt(bar) {
    const [left, right] = chart.layout.xaxis.range, width = right - left;
    if (bar > right - 0.06 * width) { return [bar - 0.94 * width, bar + 0.06 * width]; }
    if (bar < left + 0.06 * width) { return [bar - 0.5 * width, bar + 0.5 * width]; }
    return [left, right];
  }

  // The traces as they are at a bar; only bars near the window are handed to the chart, which draws all it gets.
  function tracesAt(bar, range) {
    const aside = (range[1] - range[0]) * 0.2, first = Math.max(0, Math.floor(range[0] - aside));
    const end = Math.min(bar + 1, Math.ceil(range[1] + aside) + 1);
    const later = find('later').checked, traces = chart.data.slice();
    const cut = (columns, names) => Object.fromEntries(names.map((name) => [name, columns[name].slice(first, end)]));
    traces[priceTrace] = { ...traces[priceTrace], ...cut(prices, ['x', 'open', 'high', 'low', 'close', 'hovertext']) };
    traces[volumeTrace] = { ...traces[volumeTrace], ...cut(volumes, ['x', 'y']),
      marker: { ...volumes.marker, color: volumes.marker.color.slice(first, end) } };
    traces[laterTrace] = { ...traces[laterTrace], x: later ? labels.slice(bar) : [],
      y: later ? prices.close.slice(bar) : [] };
    timed.forEach(function (trace) {
      const points = pointsAt(trace, bar), shown = JSON.stringify(points);
      if (shown !== trace.shown) {
        trace.shown = shown;
        traces[trace.index] = { ...traces[trace.index], ...points };
      }
    });
    return traces;
  }

  function layoutAt(bar, range) {
    const heights = chart.heightsOf(range), old = chart.layout;
    const axis = (name, more) => ({ ...old[name], ...more, autorange: false });
    // positions are those of all bars, also while few are drawn
    const time = { range, type: 'category', categoryorder: 'array', categoryarray: labels };
    const line = { type: 'line', xref: 'x', yref: 'paper', x0: bar, x1: bar, y0: 0, y1: 1,
      line: { width: 1, color: '#2b59c3', dash: 'dot' } };
    return {
      ...old, shapes: [line], xaxis: axis('xaxis', time), xaxis2: axis('xaxis2', time), xaxis3: axis('xaxis3', time),
      yaxis: axis('yaxis', { range: heights['yaxis.range'] ?? old.yaxis.range }),
      yaxis3: axis('yaxis3', { range: heights['yaxis3.range'] ?? old.yaxis3.range }),
    };
  }

  async function draw() {
    if (drawing) { due = true; return; }
    drawing = true;
    const bar = now, range = windowAt(bar);
    chart.newestBar = find('later').checked ? count - 1 : bar;
    await Plotly.react(chart, tracesAt(bar, range), layoutAt(bar, range));
    chart.dataset.bar = String(bar);
    drawing = false;
    if (due) { due = false; window.requestAnimationFrame(draw); }
  }

  function zoom(factor) {
    const [left, right] = chart.layout.xaxis.range;
    const width = Math.min(count, Math.max(20, (right - left) * factor)), edge = now + 0.06 * width;
    Plotly.relayout(chart, { 'xaxis.range': [edge - width, edge] });
  }

  // The first position in a list sorted by `at` that comes after the bar.
  function after(items, at, bar) {
    let low = 0, high = items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at(items[middle]) <= bar) { low = middle + 1; } else { high = middle; }
    }
    return low;
  }

  function tell() {
    const index = now + data.first_index;
    find('date').textContent = `${labels[now]}, bar ${index}, close ${Number(prices.close[now].toPrecision(6))}`;
    const stand = data.stands[after(data.stands, (item) => item.known, index) - 1];
    find('stand').replaceChildren(...(stand.open.length > 0 ? stand.open : [{ text: data.nothing, levels: '' }]).map(open));
    const shown = after(data.entries, (entry) => entry.known, index);
    for (let i = Math.min(listed, shown); i < Math.max(listed, shown); i += 1) { list.children[i].hidden = i >= shown; }
    listed = shown;
    struck.forEach(([item, gone]) => item.classList.toggle('struck', gone <= index));
    list.querySelectorAll('.now').forEach((item) => item.classList.remove('now'));
    for (let i = shown - 1; i >= 0 && data.entries[i].known === index; i -= 1) { list.children[i].classList.add('now'); }
    list.scrollTop = list.scrollHeight;
    slider.value = String(now);
    slider.setAttribute('aria-valuetext', labels[now]);
  }

  function go(bar) {
    now = Math.min(count - 1, Math.max(0, bar));
    tell();
    draw();
  }

  function step(direction) {
    const index = now + data.first_index;
    const next = direction > 0
      ? data.entries[after(data.entries, (entry) => entry.known, index)]
      : data.entries[after(data.entries, (entry) => entry.known, index - 1) - 1];
    if (next) { go(next.known - data.first_index); }
  }

  function play(on) {
    playing = on;
    find('play').textContent = on ? 'Pause' : 'Play';
    find('play').setAttribute('aria-pressed', String(on));
    if (!on) { return; }
    if (now === count - 1) { go(0); }
    let last = performance.now();
    window.requestAnimationFrame(function tick(time) {
      if (!playing) { return; }
      const bars = Math.floor((time - last) * Number(find('speed').value) / 1000);
      if (bars > 0 && !drawing) {
        last = time;
        go(now + bars);
      }
      if (now === count - 1) { play(false); } else { window.requestAnimationFrame(tick); }
    });
  }

  function open(structure) {
    const line = document.createElement('p'), levels = document.createElement('span');
    levels.textContent = structure.levels;
    line.append(structure.text, document.createElement('br'), levels);
    return line;
  }

  function item(entry) {
    const line = document.createElement('li'), head = document.createElement('div'), why = document.createElement('div');
    line.className = entry.group;
    line.hidden = true;
    head.className = 'head';
    why.className = 'why';
    const part = (name, text) => {
      const span = document.createElement('span');
      span.className = name;
      span.textContent = text;
      head.append(span);
    };
    part('date', entry.date);
    part('said', entry.said);
    part('what', entry.what);
    part('lag', entry.lag);
    why.textContent = entry.why;
    line.append(head, why);
    line.addEventListener('click', () => go(entry.known - data.first_index));
    return line;
  }

  list.append(...data.entries.map(item));
  const struck = data.entries.map((entry, i) => [list.children[i], entry.gone]).filter(([, gone]) => gone !== null);
  data.groups.forEach(function (group) {
    const label = document.createElement('label'), box = document.createElement('input'), style = document.createElement('style');
    box.type = 'checkbox';
    box.checked = true;
    box.addEventListener('change', () => { style.textContent = box.checked ? '' : `#entries li.${group} { display: none; }`; });
    label.append(box, ` ${group}`);
    find('kinds').append(label);
    document.head.append(style);
  });

  slider.addEventListener('input', () => { play(false); go(Number(slider.value)); });
  find('play').addEventListener('click', () => play(!playing));
  find('back').addEventListener('click', () => step(-1));
  find('on').addEventListener('click', () => step(1));
  find('near').addEventListener('click', () => zoom(0.6));
  find('far').addEventListener('click', () => zoom(1 / 0.6));
  find('later').addEventListener('change', draw);
  find('controls').addEventListener('submit', (event) => event.preventDefault());
  chart.on('plotly_relayout', function (change) {
    if (Object.keys(change).some((name) => name.startsWith('xaxis'))) { draw(); }
  });
  document.addEventListener('keydown', function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.tagName === 'SELECT') { return; }
    const far = event.shiftKey ? 10 : 1;
    const keys = {
      ArrowLeft: () => go(now - far), ArrowRight: () => go(now + far), Home: () => go(0), End: () => go(count - 1),
      n: () => step(1), p: () => step(-1), '+': () => zoom(0.6), '-': () => zoom(1 / 0.6), ' ': () => play(!playing),
    };
    const onButton = event.key === ' ' && ['BUTTON', 'INPUT'].includes(event.target.tagName) && event.target !== slider;
    if (!keys[event.key] || onButton) { return; }
    event.preventDefault();
    if (event.key !== ' ') { play(false); }
    keys[event.key]();
  });
  // it was drawn before the controls below it had their room
  Plotly.Plots.resize(chart).then(() => go(data.start));
}
  // the chart may be drawn before the rest of the page is read
  if (document.readyState === 'loading') { document.addEventListener('DOMContentLoaded', start); } else { start(); }
})();
