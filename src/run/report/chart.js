// What every chart stands on: elements, number formats, scales, and a figure with tooltip, keyboard and table.
const data = JSON.parse(document.getElementById('data').textContent);

function add(parent, name, attributes = {}, text) {
  const svg = name === 'svg' || (parent && parent.namespaceURI === 'http://www.w3.org/2000/svg');
  const node = svg ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}

const finite = (x) => typeof x === 'number' && Number.isFinite(x);
const sum = (list) => list.reduce((a, b) => a + b, 0);
const last = (list) => list[list.length - 1];
const plural = (n, word) => `${n} ${word}${n === 1 ? '' : 's'}`;

function digits(x, places = 4) {
  if (!finite(x)) return 'not finite';
  if (x === 0) return '0';
  if (Math.abs(x) < 1e6 && Math.abs(x) >= 1e-4) return String(Number(x.toPrecision(places)));
  const [mantissa, power] = x.toExponential(places - 1).split('e');
  return `${Number(mantissa)} × 10${superscript(Number(power))}`;
}
const percent = (x) => (finite(x) ? `${x.toFixed(2)} %` : 'not finite');
function short(x) {
  for (const [unit, size] of [['G', 1e9], ['M', 1e6], ['k', 1e3]]) if (x >= size) return `${Number((x / size).toPrecision(3))} ${unit}`;
  return String(x);
}
function duration(s) {
  if (!finite(s)) return 'unknown';
  if (s < 60) return `${s < 10 ? s.toFixed(1) : Math.round(s)} s`;
  const m = Math.round(s / 60);
  if (s < 3600) return `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`;
  return m < 2880 ? `${Math.floor(m / 60)} h ${m % 60} min` : `${Math.floor(m / 1440)} d ${Math.floor((m % 1440) / 60)} h`;
}

// Numbers of children come as decimal text of any length.
const log10 = (text) => Math.log10(Number(text.slice(0, 15))) + Math.max(0, text.length - 15);
function count(text) {
  if (!text) return 'unknown';
  if (text.length <= 9) return text.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${text[0]}.${text.slice(1, 3)} × 10${superscript(text.length - 1)}`;
}
const superscript = (n) => String(n).replace(/\d/g, (c) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[c]).replace('-', '⁻');

// Viridis, which rises evenly in lightness and keeps its order for colour-blind readers and in grey print.
const viridis = ['#440154', '#482475', '#414487', '#355f8d', '#2a788e', '#21918c', '#22a884', '#44bf70', '#7ad151', '#bddf26', '#fde725']
  .map((hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
function colour(t) {
  const place = Math.min(Math.max(t, 0), 1) * (viridis.length - 1);
  const i = Math.min(Math.floor(place), viridis.length - 2);
  return viridis[i].map((c, k) => Math.round(c + (viridis[i + 1][k] - c) * (place - i)));
}
const css = (rgb) => `rgb(${rgb.join(' ')})`;
const inkOn = (rgb) => {
  const [r, g, b] = rgb.map((c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? '#000' : '#fff';
};

function extent(values) {
  const good = values.filter(finite);
  if (!good.length) return [0, 1];
  const [low, high] = [good.reduce((a, b) => Math.min(a, b)), good.reduce((a, b) => Math.max(a, b))];
  return low === high ? [low - Math.max(Math.abs(low) * 0.05, 1e-9), high + Math.max(Math.abs(high) * 0.05, 1e-9)] : [low, high];
}
// Round tick values that cover [low, high] with about n steps.
function ticks(low, high, n) {
  const rough = (high - low) / n;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  const list = [];
  for (let i = Math.floor(low / step); list.length < 3 * n + 3; i++) {
    list.push(Number((i * step).toPrecision(12)));
    if (i * step >= high) break;
  }
  return list;
}
const scale = (from, to) => (x) => to[0] + ((x - from[0]) / (from[1] - from[0])) * (to[1] - to[0]);
function axisY(svg, y, values, left, right, format) {
  for (const value of values) {
    add(svg, 'line', {x1: left, x2: right, y1: y(value), y2: y(value), class: 'grid'});
    add(svg, 'text', {x: left - 7, y: y(value) + 4, 'text-anchor': 'end'}, format(value));
  }
}
function axisX(svg, x, values, bottom, format) {
  for (const value of values) add(svg, 'text', {x: x(value), y: bottom + 18, 'text-anchor': 'middle'}, format(value));
}
// Notation strings may break behind each bar.
function addNotation(parent, text) {
  for (const part of text.split(/(?<=\|)(?=[^|+])/)) parent.append(part, document.createElement('wbr'));
}
const textWidth = (text, size = 12) => text.length * size * 0.58;

const tip = document.getElementById('tip');
// Above the mark, or below it where there is no room; beside it for a mark that is a whole column.
function showTip(svg, mark, beside, speak) {
  const box = svg.getBoundingClientRect();
  const zoom = box.width / svg.viewBox.baseVal.width;
  tip.textContent = mark.text;
  tip.hidden = false;
  const [x, y] = [box.left + mark.x * zoom, box.top + mark.y * zoom];
  const half = ((mark.h || 0) * zoom) / 2;
  const right = document.documentElement.clientWidth - tip.offsetWidth - 6;
  const above = y - half - tip.offsetHeight - 12;
  const left = !beside ? x - tip.offsetWidth / 2 : x + 14 < right ? x + 14 : x - tip.offsetWidth - 14;
  tip.style.left = `${Math.max(6, Math.min(left, right))}px`;
  tip.style.top = `${beside ? Math.max(6, y) : above > 4 ? above : y + half + 14}px`;
  if (speak) document.getElementById('spoken').textContent = mark.text.replace(/\n/g, ', ');
}

// Marks are {x, y, text} with w and h for boxes. The pointer takes the nearest, arrow keys the next in their direction.
function explore(svg, marks, byColumn) {
  let at = -1;
  let ring = null;
  const clear = () => { ring?.remove(); ring = null; tip.hidden = true; };
  const show = (i, speak) => {
    clear();
    at = i;
    const m = marks[i];
    if (byColumn) ring = add(svg, 'line', {x1: m.x, x2: m.x, y1: byColumn[0], y2: byColumn[1], class: 'focus', 'stroke-dasharray': '3 3'});
    else if (m.w) ring = add(svg, 'rect', {x: m.x - m.w / 2, y: m.y - m.h / 2, width: m.w, height: m.h, rx: 3, class: 'focus'});
    else ring = add(svg, 'circle', {cx: m.x, cy: m.y, r: 8, class: 'focus'});
    showTip(svg, m, Boolean(byColumn), speak);
  };
  const distance = (m, x, y) => byColumn ? Math.abs(m.x - x)
    : Math.hypot(Math.max(0, Math.abs(m.x - x) - (m.w || 0) / 2), Math.max(0, Math.abs(m.y - y) - (m.h || 0) / 2));
  svg.addEventListener('pointermove', (e) => {
    const box = svg.getBoundingClientRect();
    const zoom = svg.viewBox.baseVal.width / box.width;
    const [x, y] = [(e.clientX - box.left) * zoom, (e.clientY - box.top) * zoom];
    let best = -1;
    marks.forEach((m, i) => { if (best < 0 || distance(m, x, y) < distance(marks[best], x, y)) best = i; });
    if (best >= 0 && distance(marks[best], x, y) < (byColumn ? 60 : 24)) show(best, false);
    else clear();
  });
  svg.addEventListener('pointerleave', clear);
  svg.addEventListener('blur', clear);
  svg.addEventListener('keydown', (e) => {
    const way = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1]}[e.key];
    if (e.key === 'Escape') clear();
    if (!way || !marks.length) return;
    e.preventDefault();
    if (at < 0 || !ring) { show(Math.max(at, 0), true); return; }
    let best = -1;
    let cost = Infinity;
    marks.forEach((m, i) => {
      const along = (m.x - marks[at].x) * way[0] + (m.y - marks[at].y) * way[1];
      const aside = Math.abs((m.x - marks[at].x) * way[1]) + Math.abs((m.y - marks[at].y) * way[0]);
      const price = along + 2 * aside * (byColumn ? 0 : 1);
      if (along > 0.01 && price < cost) [best, cost] = [i, price];
    });
    if (best >= 0) show(best, true);
  });
}

function card(parent, width, title, note) {
  const section = add(parent, 'section', {class: `card ${width}`});
  add(section, 'h2', {}, title);
  if (note) add(section, 'p', {class: 'note'}, note);
  return section;
}
const absent = (section, text) => add(section, 'p', {class: 'absent'}, text);

// Draws with draw(svg, width) -> {marks, byColumn, height} at the width there is, and again when that changes. The label
// is text, or a function where it changes with what is drawn.
function plot(parent, id, label, draw) {
  const holder = add(parent, 'div', {class: 'plot', id});
  let drawn = 0;
  const redraw = () => {
    const width = Math.floor(holder.clientWidth);
    if (width < 40 || width === drawn) return;
    drawn = width;
    holder.textContent = '';
    const svg = add(holder, 'svg', {role: 'img', 'aria-label': `${typeof label === 'function' ? label() : label} Arrow keys move between the values.`, tabindex: 0, width});
    const {marks, byColumn, height} = draw(svg, width);
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    svg.setAttribute('height', height);
    explore(svg, marks, byColumn);
  };
  redraw();
  new ResizeObserver(redraw).observe(holder);
  return {redraw: () => { drawn = 0; redraw(); }};
}

function fillTable(table, head, rows) {
  const line = add(add(table, 'thead'), 'tr');
  const numeric = head.map((_, i) => rows.every((row) => !/[a-z]{4}/i.test(String(row[i] ?? ''))) && i > 0);
  head.forEach((text, i) => add(line, 'th', {scope: 'col', class: numeric[i] ? 'number' : undefined}, text));
  const body = add(table, 'tbody');
  for (const row of rows) {
    const tr = add(body, 'tr');
    row.forEach((text, i) => add(tr, 'td', {class: numeric[i] ? 'number' : undefined}, text ?? ''));
  }
}
// The chart's numbers as a table: for readers who do not see it, and to copy from. Filled when first opened.
function asTable(parent, caption, make) {
  const details = add(parent, 'details', {class: 'data-table'});
  add(details, 'summary', {}, 'Show as a table');
  const box = add(details, 'div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption});
  details.addEventListener('toggle', () => {
    if (!details.open) return;
    box.textContent = '';
    const table = add(box, 'table');
    add(table, 'caption', {class: 'unseen'}, caption);
    fillTable(table, ...make());
  });
}
