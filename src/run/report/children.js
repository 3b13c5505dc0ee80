// The children that were evaluated: accuracy against cost, and a table of the best.
const evaluated = data.searches.filter((s) => stageKind(s.stage) !== 'retrain').flatMap((s) => (s.children || []).map((child, i) => ({...child, order: i + 1, stage: s.stage})));
const metricOf = (child) => ('accuracy' in child.metrics ? 'accuracy' : Object.keys(child.metrics)[0]);
const show = (name, value) => (/accuracy/.test(name) ? percent(value) : digits(value, 5));
// An unfinished run has no list of its own yet.
const retrainedChildren = data.retrained || data.searches.filter((s) => stageKind(s.stage) === 'retrain').flatMap((s) => s.children);
const retrained = (child) => retrainedChildren.find((r) => r.ops === child.ops);
const metric = [data.ranked?.[0], evaluated[0], retrainedChildren[0]].filter(Boolean).map(metricOf)[0] || 'accuracy';
const ranked = data.ranked?.length ? data.ranked : !evaluated.length ? retrainedChildren
  : evaluated.filter((c) => finite(c.metrics[metric])).sort((a, b) => b.metrics[metric] - a.metrics[metric]).slice(0, 10);
const best = ranked[0];

function drawSearch(main) {
  const section = card(main, 'five', `${metric === 'accuracy' ? 'Accuracy' : metric} against multiply-adds`);
  const points = evaluated.filter((c) => finite(c.metrics[metric]));
  if (!points.length) {
    absent(section, 'No child has been evaluated.');
    return;
  }
  const failed = evaluated.length - points.length;
  const sorted = [...points].sort((a, b) => a.macs - b.macs || b.metrics[metric] - a.metrics[metric]);
  const front = [];
  for (const p of sorted) if (!front.length || p.metrics[metric] > last(front).metrics[metric]) front.push(p);
  add(section, 'p', {class: 'note'}, `${plural(points.length, 'child').replace('childs', 'children')} ${data.table ? 'looked up in the table of accuracies' : "evaluated with the supernet's weights"}. The line joins those that no other beats in both.${failed ? ` ${failed} ${data.table ? 'were not in it' : 'could not be evaluated'}.` : ''}`);
  const star = points.find((p) => best && p.ops === best.ops) || points.reduce((a, b) => (b.metrics[metric] > a.metrics[metric] ? b : a));
  const order = new Map(points.map((p, i) => [p, i]));
  const label = `Scatter chart of ${points.length} children; the best, ${star.ops}, has ${metric} ${show(metric, star.metrics[metric])} at ${short(star.macs)} multiply-adds.`;
  plot(section, 'chart-search', label, (svg, width) => {
    const [left, right, top, bottom] = [52, width - 26, 26, 322];
    const xs = ticks(...extent(points.map((p) => p.macs)), Math.max(2, Math.min(6, width / 90)));
    const ys = ticks(...extent(points.map((p) => p.metrics[metric])), 5);
    const x = scale([xs[0], last(xs)], [left + 8, right]);
    const y = scale([ys[0], last(ys)], [bottom - 8, top]);
    axisY(svg, y, ys, left, right, (v) => digits(v));
    axisX(svg, x, xs, bottom, short);
    add(svg, 'line', {x1: left, x2: right, y1: bottom, y2: bottom, class: 'axis'});
    add(svg, 'text', {x: left - 44, y: 12, class: 'strong'}, metric === 'accuracy' ? 'accuracy, %' : metric);
    add(svg, 'text', {x: right, y: bottom + 36, 'text-anchor': 'end', class: 'strong'}, 'multiply-adds an image');
    for (const p of points) add(svg, 'circle', {cx: x(p.macs).toFixed(1), cy: y(p.metrics[metric]).toFixed(1), r: points.length > 400 ? 3 : 4.5, fill: css(colour(order.get(p) / Math.max(1, points.length - 1))), stroke: 'var(--soft)', 'stroke-width': 0.8, class: 'mark'});
    let path = '';
    front.forEach((p, i) => { path += i ? `H${x(p.macs).toFixed(1)}V${y(p.metrics[metric]).toFixed(1)}` : `M${x(p.macs).toFixed(1)} ${y(p.metrics[metric]).toFixed(1)}`; });
    add(svg, 'path', {d: path, fill: 'none', stroke: 'var(--soft)', 'stroke-width': 1.5});
    const [bx, by] = [x(star.macs), y(star.metrics[metric])];
    add(svg, 'circle', {cx: bx, cy: by, r: 9, fill: 'none', stroke: 'var(--series-3)', 'stroke-width': 3, class: 'best'});
    const before = bx > (left + right) / 2;
    add(svg, 'text', {x: bx + (before ? -15 : 15), y: by - 7, 'text-anchor': before ? 'end' : 'start', class: 'strong', style: 'paint-order: stroke; stroke: var(--card); stroke-width: 4px'}, `best: ${show(metric, star.metrics[metric])}`);
    const text = (p) => `${p.ops}\n${metric} ${show(metric, p.metrics[metric])}\n${short(p.macs)} multiply-adds, ${short(p.params)} parameters\nevaluated as number ${p.order}${p === star ? '\nthe best' : ''}`;
    return {marks: points.map((p) => ({x: x(p.macs), y: y(p.metrics[metric]), text: text(p)})), height: bottom + 42};
  });
  const legend = add(section, 'div', {class: 'legend'});
  const ramp = add(legend, 'span');
  add(ramp, 'span', {}, 'evaluated first');
  const svg = add(ramp, 'svg', {width: 90, height: 12, viewBox: '0 0 90 12', 'aria-hidden': 'true'});
  for (let i = 0; i < 45; i++) add(svg, 'rect', {x: 2 * i, y: 0, width: 2.2, height: 12, fill: css(colour(i / 44))});
  add(ramp, 'span', {}, 'last');
  asTable(section, 'Evaluated children', () => [['operators', metric, 'multiply-adds', 'parameters', 'stage', 'order'], points.map((p) => [p.ops, show(metric, p.metrics[metric]), p.macs, p.params, p.stage, p.order])]);
}

function drawTable(main) {
  const section = card(main, '', 'Best children', data.ranked?.length || !ranked.length ? '' : 'The best of those evaluated so far.');
  if (!ranked.length) {
    absent(section, 'No child has been ranked.');
    return;
  }
  const rows = ranked.slice(0, 20);
  const names = [...new Set(rows.flatMap((c) => Object.keys(c.metrics)))].filter((n) => !['macs', 'params', 'test_accuracy'].includes(n));
  const tests = rows.some((c) => retrained(c));
  const texts = rows.some((c) => c.text);
  const head = ['Rank', 'Operators', ...(texts ? ['NAS-Bench-201 string'] : []), ...names, ...(tests ? ['test accuracy'] : []), 'multiply-adds', 'parameters'];
  const table = add(section, 'table', {class: 'children', id: 'table-children'});
  const top = add(add(table, 'thead'), 'tr');
  const isNumber = (i) => i === 0 || i > (texts ? 2 : 1);
  head.forEach((text, i) => add(top, 'th', {scope: 'col', class: isNumber(i) && i ? 'number' : undefined}, text));
  const body = add(table, 'tbody');
  rows.forEach((child, rank) => {
    const cells = [rank + 1, child.ops, ...(texts ? [child.text || ''] : []), ...names.map((n) => (n in child.metrics ? show(n, child.metrics[n]) : '')),
      ...(tests ? [retrained(child) ? show('accuracy', retrained(child).metrics.test_accuracy) : ''] : []), child.macs.toLocaleString('en'), child.params.toLocaleString('en')];
    const line = add(body, 'tr');
    cells.forEach((text, i) => {
      if (text === '' && tests && head[i] === 'test accuracy') text = '–';
      const cell = add(line, 'td', {'data-name': head[i], class: isNumber(i) ? (i ? 'number' : undefined) : i === 1 && text.length <= 24 ? 'mono ops' : 'mono'});
      if (i === 2 && texts) addNotation(add(cell, 'span'), text);
      else cell.textContent = text;
    });
  });
}
