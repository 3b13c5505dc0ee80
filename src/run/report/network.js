// The best child as a picture: the network as a row of blocks, and its cells as graphs.
const opNames = [...new Set(data.space.choices.flatMap((c) => c.candidates.map((o) => o.label || String(o.code))))];
const hueOf = (candidate) => (candidate.breaks ? 'var(--op-0)' : `var(--op-${1 + (opNames.filter((n) => n !== 'none').indexOf(candidate.label || String(candidate.code)) % 7)})`);
const candidateOf = (child, choice) => data.space.choices[choice]?.candidates[child.candidates[choice]] || {code: 0, label: 'unknown', breaks: true};

// The cell's edges as the child has them; an edge is live when it lies on a path from an input to an output.
function cellEdges(cell, child) {
  const kept = new Set(cell.edges.map((_, i) => i));
  for (const [node, choice] of cell.node_inputs) {
    const chosen = new Set(candidateOf(child, choice).edges || []);
    cell.edges.forEach(([, to], i) => { if (to === node && !chosen.has(i)) kept.delete(i); });
  }
  const edges = cell.edges.map(([from, to, choice], i) => ({from, to, choice, op: candidateOf(child, choice), kept: kept.has(i)}));
  const open = edges.filter((e) => e.kept && !e.op.breaks);
  const reached = new Set(Array.from({length: cell.inputs}, (_, i) => i));
  const leading = new Set(cell.outputs);
  for (const e of open) if (reached.has(e.from)) reached.add(e.to);
  for (const e of [...open].reverse()) if (leading.has(e.to)) leading.add(e.from);
  for (const e of edges) e.live = open.includes(e) && reached.has(e.from) && leading.has(e.to);
  return edges.filter((e) => e.kept);
}

const nameIn = (edge) => edge.op.label || String(edge.op.code);

// Which side of the line an edge bends to, and how far out: past every edge of that side that it would cross.
function layOut(edges, straight) {
  const sides = [[], []];
  for (const e of [...edges].sort((a, b) => a.to - a.from - (b.to - b.from) || a.from - b.from)) {
    const level = (side) => 1 + Math.max(0, ...sides[side].filter((o) => o.from < e.to && e.from < o.to).map((o) => o.level));
    e.side = level(1) < level(0) ? 1 : 0;
    e.level = straight && e.to - e.from === 1 ? 0 : level(e.side);
    if (e.level) sides[e.side].push(e);
  }
  return sides.map((side) => Math.max(0, ...side.map((e) => e.level)));
}

// Nodes along a line, left to right, or top to bottom where the page is narrow; with codes for names where even that is
// too wide.
function drawCell(section, cell, child, index) {
  const edges = cellEdges(cell, child);
  const words = (e) => `node ${e.from} to node ${e.to}: ${nameIn(e)}${e.live ? '' : ', on no path from input to output'}`;
  const label = `Graph of cell ${cell.key || index}. ${edges.map(words).join('; ')}.`;
  plot(section, `chart-cell-${index}`, label, (svg, width) => {
    const radius = 19;
    const upright = width < 520;
    const step = upright ? 88 : (width - 80) / Math.max(1, cell.nodes - 1);
    const widest = (names) => Math.max(0, ...names.map((n) => textWidth(n, 12.5) / 2)) + 9;
    let half = widest(edges.map(nameIn));
    const reach = layOut(edges, upright || step - 2 * radius > 2 * half + 16);
    // How far an arc of a level stands out: clear of the nodes, then of the names on the line.
    const stand = (level) => (level === 0 ? 0 : !upright ? level * 62 : level === 1 ? half + 24 : 2 * half + 6 + (level - 2) * 40);
    const need = () => sum(reach.map((level) => stand(level) + half));
    const brief = upright && need() > width;
    if (brief) half = widest(edges.map((e) => String(e.op.code)));
    const squeeze = upright ? Math.min(1, (width - 2 * half) / Math.max(1, need() - 2 * half)) : 1;
    const base = upright ? (width - stand(reach[0]) * squeeze - stand(reach[1]) * squeeze) / 2 + stand(reach[1]) * squeeze : 34 + stand(reach[0]);
    const at = (node) => (upright ? [base, 34 + step * node] : [40 + step * node, base]);
    // Arcs above the line, or right of it when the line is upright, are on side 0.
    const out = (e, far) => (upright ? [e.side ? -far : far, 0] : [0, e.side ? far : -far]);
    const arrow = `arrow-${index}-${width}`;
    const head = add(add(svg, 'defs'), 'marker', {id: arrow, viewBox: '0 0 10 10', refX: 8, refY: 5, markerWidth: 9, markerHeight: 9, markerUnits: 'userSpaceOnUse', orient: 'auto-start-reverse'});
    add(head, 'path', {d: 'M0 0L10 5L0 10z', fill: 'context-stroke'});
    const labels = [];
    for (const e of edges) {
      const [a, b] = [at(e.from), at(e.to)];
      // A cubic curve reaches three quarters of the way to its control points.
      const far = e.level ? (stand(e.level) * squeeze) / 0.75 : 0;
      const [ox, oy] = out(e, far);
      const bend = 0.18;
      const c1 = [a[0] + (b[0] - a[0]) * bend + ox, a[1] + (b[1] - a[1]) * bend + oy];
      const c2 = [b[0] - (b[0] - a[0]) * bend + ox, b[1] - (b[1] - a[1]) * bend + oy];
      const leave = (from, to) => {
        const d = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
        return [from[0] + ((to[0] - from[0]) / d) * (radius + 2), from[1] + ((to[1] - from[1]) / d) * (radius + 2)];
      };
      const [s, t] = [leave(a, c1), leave(b, c2)];
      const hue = e.live ? hueOf(e.op) : 'var(--op-0)';
      add(svg, 'path', {d: `M${s}C${c1} ${c2} ${t}`, fill: 'none', stroke: hue, 'stroke-width': e.live ? 2.8 : 1.6, 'stroke-dasharray': e.live ? undefined : '5 5', 'marker-end': `url(#${arrow})`, class: e.live ? 'mark edge' : 'mark edge dead'});
      labels.push({e, hue, x: (s[0] + 3 * c1[0] + 3 * c2[0] + t[0]) / 8, y: (s[1] + 3 * c1[1] + 3 * c2[1] + t[1]) / 8});
    }
    for (const l of labels) {
      const name = brief ? String(l.e.op.code) : nameIn(l.e);
      const w = textWidth(name, 12.5) + 16;
      l.w = w;
      l.x = Math.max(w / 2 + 1, Math.min(l.x, width - w / 2 - 1));
      add(svg, 'rect', {x: l.x - w / 2, y: l.y - 11, width: w, height: 22, rx: 11, fill: 'var(--card)', stroke: l.hue, 'stroke-width': 1.5, 'stroke-dasharray': l.e.live ? undefined : '4 3'});
      add(svg, 'text', {x: l.x, y: l.y + 4.5, 'text-anchor': 'middle', style: `font-size: 12.5px; fill: ${l.e.live ? 'var(--ink)' : 'var(--soft)'}`}, name);
    }
    for (let node = 0; node < cell.nodes; node++) {
      const [x, y] = at(node);
      const isEnd = node < cell.inputs || cell.outputs.includes(node);
      add(svg, 'circle', {cx: x, cy: y, r: radius, fill: isEnd ? 'var(--ink)' : 'var(--card)', stroke: 'var(--ink)', 'stroke-width': 2, class: 'mark node'});
      add(svg, 'text', {x, y: y + 5, 'text-anchor': 'middle', style: `font-size: 14px; font-weight: 650; fill: ${isEnd ? 'var(--card)' : 'var(--ink)'}`}, node);
      const role = node < cell.inputs ? 'input' : cell.outputs.includes(node) ? 'output' : '';
      if (role && upright) add(svg, 'text', {x, y: node < cell.inputs ? y - 24 : y + 34, 'text-anchor': 'middle'}, role);
      else if (role) add(svg, 'text', {x, y: y + 36, 'text-anchor': 'middle'}, role);
    }
    const key = brief ? [...new Set(edges.map((e) => `${e.op.code} is ${nameIn(e)}`))].sort() : [];
    key.forEach((text, i) => add(svg, 'text', {x: 4, y: 34 + step * (cell.nodes - 1) + 62 + 18 * i}, text));
    const height = upright ? 34 + step * (cell.nodes - 1) + 46 + 18 * key.length : base + Math.max(46, 22 + stand(reach[1]));
    return {marks: labels.map((l) => ({x: l.x, y: l.y, w: l.w, h: 22, text: words(l.e)})), height};
  });
}

function drawBlocks(section, child) {
  const list = add(section, 'ol', {class: 'blocks', id: 'blocks', 'aria-label': 'Layers of the network, from input to output'});
  const blocks = [];
  for (const layer of data.space.layers) {
    const op = layer.choice === undefined ? null : candidateOf(child, layer.choice);
    const name = op ? op.label || String(op.code) : layer.cell === undefined ? layer.fixed : data.space.cells[layer.cell]?.key || 'cell';
    const same = last(blocks);
    if (layer.cell !== undefined && same && same.cell === layer.cell && same.stride === layer.stride) same.times++;
    else blocks.push({name, op, key: layer.key, cell: layer.cell, stride: layer.stride, times: 1});
  }
  for (const block of blocks) {
    const box = add(add(list, 'li'), 'span', {class: block.op || block.cell !== undefined ? 'chosen' : undefined, style: block.op ? `--hue: ${hueOf(block.op)}` : undefined});
    box.append(`${block.name}${block.times > 1 ? ` × ${block.times}` : ''}`);
    const below = [block.op ? block.key : '', block.stride > 1 ? `stride ${block.stride}` : ''].filter(Boolean).join(', ');
    if (below) add(box, 'small', {}, below);
  }
}

function drawBest(main) {
  const section = card(main, 'seven', data.space.cells.length ? 'Best cell' : 'Best network');
  if (!best || !best.candidates.length) {
    absent(section, 'There is no best child yet.');
    return;
  }
  addNotation(add(section, 'p', {class: 'note mono'}), best.text || best.ops);
  data.space.cells.forEach((cell, i) => {
    if (data.space.cells.length > 1) add(section, 'h3', {class: 'note'}, cell.key || `cell ${i}`);
    drawCell(section, cell, best, i);
  });
  if (data.space.cells.some((cell) => cellEdges(cell, best).some((e) => !e.live))) add(section, 'p', {class: 'note'}, 'Dashed edges carry nothing from the input to the output.');
  if (data.space.layers.length) drawBlocks(section, best);
}
