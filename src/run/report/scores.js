// Heat maps of the operators' scores, one for every time they were scored.
const maxColumns = 64;

function scoreColumns() {
  const labels = [...new Set(data.space.choices.flatMap((c) => c.candidates.slice(0, maxColumns).map((o) => o.label || String(o.code))))];
  if (labels.length <= 24) return {labels, columnOf: (choice, candidate) => labels.indexOf(nameOf(choice, candidate))};
  const most = Math.min(maxColumns, Math.max(...data.space.choices.map((c) => c.candidates.length)));
  return {labels: Array.from({length: most}, (_, i) => String(i)), columnOf: (choice, candidate) => candidate};
}
function nameOf(choice, candidate) {
  const entry = data.space.choices[choice]?.candidates[candidate];
  return entry ? entry.label || String(entry.code) : `candidate ${candidate}`;
}

// What each (choice, candidate) is at an iteration: scored, dropped now, or gone before.
function scoreGrid(iterations, at) {
  const gone = new Map();
  for (let i = 0; i < at; i++) for (const [c, o] of iterations[i].dropped || []) gone.set(`${c} ${o}`, i);
  const now = new Set((iterations[at].dropped || []).map(([c, o]) => `${c} ${o}`));
  const cells = (iterations[at].scores || []).map(([choice, candidate, score, error, children]) => ({choice, candidate, score, error, children, dropped: now.has(`${choice} ${candidate}`)}));
  for (const [key, i] of gone) {
    const [choice, candidate] = key.split(' ').map(Number);
    cells.push({choice, candidate, goneAt: i});
  }
  return cells;
}

// With the zeros at the end, so that the numbers of a map read as one column.
function alike(score, figures) {
  const text = score.toPrecision(figures);
  return text.includes('e') ? digits(score, figures) : text;
}

function paintScores(svg, cells, place, detail) {
  const scores = cells.filter((c) => c.goneAt === undefined).map((c) => c.score);
  const [low, high] = extent(scores);
  const hatch = `hatch-${paintScores.made = (paintScores.made || 0) + 1}`;
  const defs = add(svg, 'defs');
  for (const ink of ['#000', '#fff']) {
    const pattern = add(defs, 'pattern', {id: `${hatch}${ink.slice(1)}`, width: 7, height: 7, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)'});
    add(pattern, 'line', {x1: 0, y1: 0, x2: 0, y2: 7, stroke: ink, 'stroke-width': 3, opacity: 0.5});
  }
  for (const cell of cells) {
    const {x, y, w, h} = place(cell);
    const gap = detail ? 1 : Math.min(1, w / 16);
    const box = {x: x + gap, y: y + gap, width: w - 2 * gap, height: h - 2 * gap, rx: Math.min(4, h / 8)};
    if (cell.goneAt !== undefined) {
      add(svg, 'rect', {...box, fill: 'none', stroke: 'var(--soft)', 'stroke-width': detail || w > 15 ? 1 : 0.5, 'stroke-dasharray': detail || w > 15 ? '3 3' : '1.5 1.5'});
      if (detail) add(svg, 'text', {x: x + w / 2, y: y + h / 2 + 4, 'text-anchor': 'middle'}, w > 60 ? `dropped in ${cell.goneAt + 1}` : cell.goneAt + 1);
      continue;
    }
    const rgb = finite(cell.score) ? colour((cell.score - low) / (high - low)) : null;
    add(svg, 'rect', {...box, fill: rgb ? css(rgb) : 'var(--faint)', class: 'mark'});
    const ink = rgb ? inkOn(rgb) : 'var(--ink)';
    if (cell.dropped) {
      add(svg, 'rect', {...box, fill: `url(#${hatch}${rgb ? ink.slice(1) : '000'})`});
      const c = Math.min(w, h) * (detail ? 0.2 : 0.3);
      const cx = detail && w >= 64 ? x + w - c - 8 : x + w / 2;
      const cross = `M${cx - c} ${y + h / 2 - c}l${2 * c} ${2 * c}m0 ${-2 * c}l${-2 * c} ${2 * c}`;
      add(svg, 'path', {d: cross, stroke: '#fff', 'stroke-width': detail ? 6 : 3.5, 'stroke-linecap': 'round', fill: 'none'});
      add(svg, 'path', {d: cross, stroke: '#b00020', 'stroke-width': detail ? 3 : 1.8, 'stroke-linecap': 'round', fill: 'none', class: 'dropped'});
    }
    if (!detail || w < 40) continue;
    // A dropped cell's number shares the room with its cross.
    const text = finite(cell.score) ? alike(cell.score, w < (cell.dropped ? 84 : 56) ? 3 : 4) : 'n/a';
    const middle = cell.dropped && w >= 64 ? x + (w - h * 0.4) / 2 - 4 : x + w / 2;
    const at = {x: middle, y: y + h / 2 + 4, 'text-anchor': 'middle'};
    if (cell.dropped && w < 64) continue;
    if (cell.dropped) add(svg, 'rect', {x: middle - textWidth(text, 13) / 2 - 3, y: y + h / 2 - 9, width: textWidth(text, 13) + 6, class: 'back', height: 18, rx: 3, fill: css(rgb || [0, 0, 0])});
    add(svg, 'text', {...at, style: `fill: ${ink}; font-size: ${w < 56 ? 11.5 : 13}px`}, text);
  }
  return [low, high];
}

function drawScores(main) {
  const iterations = data.iterations.filter((it) => it.scores && it.scores.length);
  const section = card(main, data.space.choices.length > 10 ? '' : 'seven', 'Operator scores');
  if (!iterations.length) {
    absent(section, 'No operator has been scored.');
    return;
  }
  const {labels, columnOf} = scoreColumns();
  const choices = data.space.choices;
  const shown = (cell) => columnOf(cell.choice, cell.candidate) >= 0 && columnOf(cell.choice, cell.candidate) < labels.length;
  const grids = data.iterations.map((_, i) => scoreGrid(data.iterations, i).filter(shown));
  const indices = data.iterations.map((_, i) => i).filter((i) => iterations.includes(data.iterations[i]));
  let at = indices[0];
  const note = add(section, 'p', {class: 'note'});
  const thumbs = indices.length > 1 ? add(section, 'div', {class: 'thumbs', role: 'group', 'aria-label': 'Shrinking steps'}) : null;
  const left = add(section, 'div');

  const describe = (cell) => `${choices[cell.choice].key}: ${nameOf(cell.choice, cell.candidate)}\n` + (cell.goneAt !== undefined ? `dropped in step ${cell.goneAt + 1}`
    : `score ${digits(cell.score, 6)}${cell.error ? ` ± ${digits(cell.error, 2)}` : ''}\n${cell.children ? `from ${Number(cell.children).toLocaleString('en')} children\n` : ''}${cell.dropped ? 'dropped in this step' : 'kept'}`);
  const legend = (low, high) => {
    const box = section.querySelector('.legend') || add(left, 'div', {class: 'legend'});
    box.textContent = '';
    const ramp = add(box, 'span');
    add(ramp, 'span', {}, digits(low));
    const svg = add(ramp, 'svg', {width: 120, height: 12, viewBox: '0 0 120 12', 'aria-hidden': 'true'});
    for (let i = 0; i < 60; i++) add(svg, 'rect', {x: 2 * i, y: 0, width: 2.2, height: 12, fill: css(colour(i / 59))});
    add(ramp, 'span', {}, digits(high));
    const cross = add(box, 'span');
    paintScores(add(cross, 'svg', {width: 18, height: 18, viewBox: '0 0 18 18', 'aria-hidden': 'true'}), [{score: 0.5, dropped: true}], () => ({x: 0, y: 0, w: 18, h: 18}), 0);
    add(cross, 'span', {}, 'dropped in this step');
    const gone = add(box, 'span');
    paintScores(add(gone, 'svg', {width: 18, height: 18, viewBox: '0 0 18 18', 'aria-hidden': 'true'}), [{goneAt: 0}], () => ({x: 0, y: 0, w: 18, h: 18}), 0);
    add(gone, 'span', {}, 'dropped before');
  };
  const explain = () => {
    const it = data.iterations[at];
    const what = it.metric === 'frequency' ? `share of the ${it.counted} counted children that use each operator`
      : `${it.aggregation || 'mean'} ${it.metric} of the children with each operator${it.exact ? ', all of them enumerated' : ', sampled'}`;
    note.textContent = `Step ${at + 1} of ${data.iterations.length}: ${what}. Higher is better; the colours span this step's own scores.`;
  };
  const label = () => {
    const dropped = (data.iterations[at].dropped || []).map(([c, o]) => `${nameOf(c, o)} of ${choices[c].key}`).join(', ');
    return `Heat map of operator scores, step ${at + 1}: ${choices.length} choices by ${labels.length} operators; dropped: ${dropped || 'none'}.`;
  };
  const draw = (svg, width) => {
    const side = Math.min(width * 0.3, 14 + Math.max(...choices.map((c) => textWidth(c.key, 13))));
    const turned = labels.some((l) => textWidth(l) > (width - side) / labels.length - 4);
    const longest = Math.max(...labels.map((l) => textWidth(l)));
    const w = Math.min((width - side - (turned ? Math.min(40, longest * 0.4) : 0)) / labels.length, 132);
    const h = choices.length > 24 ? 20 : choices.length > 10 ? 28 : Math.max(26, Math.min(44, w * 0.5));
    const top = turned ? 14 + Math.min(130, longest * 0.9) : 24;
    const every = turned ? Math.ceil(15 / w) : 1;
    labels.forEach((label, i) => {
      if (i % every) return;
      const x = side + w * (i + 0.5);
      add(svg, 'text', turned ? {x: x + 2, y: top - 6, transform: `rotate(-60 ${x + 2} ${top - 6})`} : {x, y: top - 9, 'text-anchor': 'middle'}, label);
    });
    choices.forEach((choice, i) => {
      const fits = Math.floor((side - 10) / 7.2);
      add(svg, 'text', {x: side - 8, y: top + h * (i + 0.5) + 4, 'text-anchor': 'end', style: 'font-size: 13px'}, choice.key.length > fits ? `${choice.key.slice(0, fits - 1)}…` : choice.key);
    });
    const place = (cell) => ({x: side + w * columnOf(cell.choice, cell.candidate), y: top + h * cell.choice, w, h});
    const range = paintScores(svg, grids[at], place, 1);
    legend(...range);
    const marks = grids[at].map((cell) => {
      const box = place(cell);
      return {x: box.x + w / 2, y: box.y + h / 2, w: w - 2, h: h - 2, text: describe(cell)};
    });
    return {marks, height: top + h * choices.length + 4};
  };
  const view = plot(left, 'chart-scores', label, draw);
  explain();
  const hidden = Math.max(...choices.map((c) => c.candidates.length)) - maxColumns;
  if (labels.length === maxColumns && hidden > 0) add(left, 'p', {class: 'note'}, `Only the first ${maxColumns} candidates of a choice are drawn; ${hidden} more are in the table.`);

  if (thumbs) {
    for (const i of indices) {
      const button = add(thumbs, 'button', {type: 'button', 'aria-pressed': String(i === at), 'aria-label': `Step ${i + 1}, ${(data.iterations[i].dropped || []).length} dropped`});
      const [w, h] = [Math.max(3, Math.min(17, 84 / labels.length)), Math.max(3, Math.min(10, 90 / choices.length))];
      const svg = add(button, 'svg', {width: w * labels.length, height: h * choices.length, viewBox: `0 0 ${w * labels.length} ${h * choices.length}`, 'aria-hidden': 'true'});
      paintScores(svg, grids[i], (cell) => ({x: w * columnOf(cell.choice, cell.candidate), y: h * cell.choice, w, h}), 0);
      const line = add(button, 'b');
      add(line, 'span', {}, String(i + 1));
      add(line, 'span', {}, `−${(data.iterations[i].dropped || []).length}`);
      button.addEventListener('click', () => {
        at = i;
        for (const other of thumbs.children) other.setAttribute('aria-pressed', String(other === button));
        view.redraw();
        explain();
      });
    }
  }
  asTable(section, 'Operator scores', () => [['step', 'choice', 'operator', 'score', 'standard error', 'children', 'dropped'],
    indices.flatMap((i) => scoreGrid(data.iterations, i).filter((c) => c.goneAt === undefined).map((c) => [i + 1, choices[c.choice].key, nameOf(c.choice, c.candidate), digits(c.score, 8), c.error || '', c.children, c.dropped ? 'yes' : '']))]);
}
