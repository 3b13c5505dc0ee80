// How the space shrank, and where the time went.
function drawSizes(main) {
  const section = card(main, data.space.choices.length > 10 ? '' : 'five', 'Size of the space', 'Children left after every shrinking step, on a logarithmic axis.');
  const steps = data.iterations.filter((it) => it.children_after);
  const rows = [{name: 'start', children: data.space.children, operators: data.space.operators}];
  steps.forEach((it, i) => rows.push({name: String(i + 1), children: it.children_after, operators: it.operators_after || rows[i].operators - it.dropped.length, dropped: it.dropped.length, stage: it.stage}));
  if (steps.length && steps[0].children_before) rows[0].children = steps[0].children_before;
  if (rows.length === 1) {
    absent(section, `The space has not been shrunk: ${count(rows[0].children)} children with ${rows[0].operators} operators.`);
    return;
  }
  const describe = (r) => `${r.name === 'start' ? 'At the start' : `After step ${r.name}`}: ${count(r.children)} children\n${r.operators} operators left${r.dropped ? `\n${r.dropped} dropped in this step` : ''}`;
  const label = `Step chart of the space's size: ${count(rows[0].children)} children with ${rows[0].operators} operators at the start, ${count(last(rows).children)} with ${last(rows).operators} after ${plural(steps.length, 'step')}.`;
  plot(section, 'chart-sizes', label, (svg, width) => {
    const [left, right, top, bottom] = [66, width - 10, 26, width > 420 ? 340 : 232];
    const high = Math.max(1, Math.ceil(log10(rows[0].children) + 0.05));
    const y = scale([0, high], [bottom, top]);
    const slot = (right - left) / rows.length;
    const x = (i) => left + slot * i;
    const jump = Math.ceil(high / 6);
    const decades = [];
    for (let d = 0; d <= high; d += jump) decades.push(d);
    axisY(svg, y, decades, left, right, (d) => (d < 6 ? count(String(10 ** d)) : `10${superscript(d)}`));
    const level = rows.map((r) => y(Math.max(0, log10(r.children))));
    let path = `M${x(0)} ${bottom}`;
    rows.forEach((r, i) => { path += `L${x(i)} ${level[i]}H${x(i + 1)}`; });
    add(svg, 'path', {d: `${path}V${bottom}Z`, fill: 'var(--series-1)', opacity: 0.13});
    add(svg, 'path', {d: path.replace(/^M[^L]*L/, 'M'), fill: 'none', stroke: 'var(--series-1)', 'stroke-width': 2.5, class: 'mark'});
    add(svg, 'line', {x1: left, x2: right, y1: bottom, y2: bottom, class: 'axis'});
    const every = Math.ceil(44 / slot);
    rows.forEach((r, i) => {
      const centre = x(i) + slot / 2;
      add(svg, 'circle', {cx: centre, cy: level[i], r: 3.5, fill: 'var(--series-1)', class: 'mark'});
      if (i % every && i !== rows.length - 1) return;
      if (i % every === 0 && i !== rows.length - 1 && rows.length - 1 - i < every && every > 1) return;
      if (textWidth(count(r.children)) < slot * every) add(svg, 'text', {x: centre, y: level[i] - 9, 'text-anchor': 'middle', class: 'strong'}, count(r.children));
      add(svg, 'text', {x: centre, y: bottom + 18, 'text-anchor': 'middle'}, r.name);
      add(svg, 'text', {x: centre, y: bottom + 38, 'text-anchor': 'middle', class: 'strong'}, r.operators);
    });
    add(svg, 'text', {x: left - 7, y: bottom + 18, 'text-anchor': 'end'}, 'step');
    add(svg, 'text', {x: left - 7, y: bottom + 38, 'text-anchor': 'end'}, 'operators');
    return {marks: rows.map((r, i) => ({x: x(i) + slot / 2, y: level[i], text: describe(r)})), height: bottom + 46};
  });
  asTable(section, 'Size of the space', () => [['step', 'stage', 'children', 'operators left', 'dropped'], rows.map((r) => [r.name, r.stage, r.children, r.operators, r.dropped])]);
}

function drawTimes(main) {
  const done = data.stages.filter((s) => finite(s.seconds) && s.kind !== 'loop' && !data.stages.some((o) => o !== s && (o.stage.startsWith(`${s.stage}/`) || o.stage.startsWith(`${s.stage}[`))));
  const kinds = [...new Set(done.map((s) => s.kind || 'other'))].map((kind) => {
    const stages = done.filter((s) => (s.kind || 'other') === kind);
    return {kind, seconds: sum(stages.map((s) => s.seconds)), stages: stages.length};
  });
  const total = sum(kinds.map((k) => k.seconds));
  if (!(total > 0)) return;
  const section = card(main, '', 'Where the time went', `${duration(total)} in ${plural(done.length, 'stage')}.`);
  const text = (k) => `${k.kind}: ${duration(k.seconds)}, ${(100 * k.seconds / total).toFixed(1)} %`;
  plot(section, 'chart-times', `Bar of the time by kind of stage: ${kinds.map(text).join('; ')}.`, (svg, width) => {
    const marks = [];
    let x = 0;
    kinds.forEach((k, i) => {
      const w = (width * k.seconds) / total;
      add(svg, 'rect', {x, y: 0, width: Math.max(w - 2, 0.5), height: 30, rx: Math.min(4, w / 3), fill: `var(--op-${(i + 2) % 8})`, class: 'mark'});
      const inside = `${k.kind} ${duration(k.seconds)}`;
      const name = [inside, k.kind].find((t) => textWidth(t, 13) + 14 < w);
      if (name) add(svg, 'text', {x: x + w / 2, y: 20, 'text-anchor': 'middle', style: 'fill: var(--card); font-weight: 600'}, name);
      marks.push({x: x + w / 2, y: 15, w, h: 30, text: `${text(k)}\n${plural(k.stages, 'stage')}`});
      x += w;
    });
    return {marks, height: 30};
  });
  asTable(section, 'Time by stage', () => [['stage', 'kind', 'time'], done.map((s) => [s.stage, s.kind, duration(s.seconds)])]);
}
