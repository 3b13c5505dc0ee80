// Loss and accuracy over the epochs of the supernet, and of the retrained child.
function stageKind(stage) {
  return data.stages.find((s) => s.stage === stage)?.kind || (/retrain/.test(stage) ? 'retrain' : 'train');
}

function drawCurves(main, width, id, title, runs) {
  const section = card(main, width, title);
  const points = runs.flatMap((run) => run.epochs.map((e) => ({...e, stage: run.stage})));
  if (!points.length) {
    absent(section, id === 'retrain' ? 'No child has been retrained.' : 'No epoch has finished.');
    return;
  }
  const bad = points.filter((p) => !finite(p.loss)).length;
  const skipped = sum(points.map((p) => p.skipped || 0));
  const hasValidation = points.some((p) => finite(p.validation));
  const end = last(points);
  add(section, 'p', {class: 'note'}, `${plural(points.length, 'epoch')} in ${plural(runs.length, 'stage')}.${bad ? ` In ${plural(bad, 'epoch')} the loss was not finite.` : ''}${skipped ? ` ${plural(skipped, 'step')} with a loss that was not finite were skipped.` : ''}`);
  const panels = [
    {name: 'accuracy, %', series: [{key: 'accuracy', hue: 'var(--series-1)', name: 'on training batches'}, ...(hasValidation ? [{key: 'validation', hue: 'var(--series-3)', name: 'on validation images', dash: '6 3'}] : [])]},
    {name: 'loss', series: [{key: 'loss', hue: 'var(--series-2)', name: 'training loss'}]},
  ];
  const label = `Training curves over ${plural(points.length, 'epoch')}: loss from ${digits(points[0].loss)} to ${digits(end.loss)}, training accuracy from ${percent(points[0].accuracy)} to ${percent(end.accuracy)}.`;
  plot(section, `chart-${id}`, label, (svg, w) => {
    const [left, right, panel, gap, top] = [48, w - 12, 150, 34, 40];
    const x = scale([0.5, points.length + 0.5], [left, right]);
    const bottom = top + 2 * panel + gap;
    let first = 0;
    runs.forEach((run, i) => {
      const [a, b] = [x(first + 0.5), x(first + run.epochs.length + 0.5)];
      if (runs.length > 1 && i % 2 === 0) add(svg, 'rect', {x: a, y: top - 18, width: b - a, height: bottom - top + 18, class: 'band'});
      const index = run.stage.match(/\[(\d+)\]/)?.[1];
      const name = [run.stage.replace(/\/train$/, ''), index].find((t) => t !== undefined && textWidth(t) + 6 < b - a);
      if (name && runs.length > 1) add(svg, 'text', {x: (a + b) / 2, y: top - 24, 'text-anchor': 'middle'}, name);
      first += run.epochs.length;
    });
    panels.forEach((part, k) => {
      const [high, low] = [top + k * (panel + gap), top + k * (panel + gap) + panel];
      const values = ticks(...extent(points.flatMap((p) => part.series.map((s) => p[s.key]))), 4);
      const y = scale([values[0], last(values)], [low, high]);
      axisY(svg, y, values, left, right, (v) => digits(v));
      add(svg, 'text', {x: left + 4, y: high - 5, class: 'strong'}, part.name);
      for (const s of part.series) {
        let path = '';
        let pen = false;
        points.forEach((p, i) => {
          // The next child of a retraining starts again at its first epoch.
          if (i && p.stage === points[i - 1].stage && p.epoch <= points[i - 1].epoch) pen = false;
          if (!finite(p[s.key])) { if (s.key !== 'validation') pen = false; return; }
          path += `${pen ? 'L' : 'M'}${x(i + 1).toFixed(1)} ${y(p[s.key]).toFixed(1)}`;
          pen = true;
          if (points.length <= 60 || s.key === 'validation') add(svg, 'circle', {cx: x(i + 1), cy: y(p[s.key]), r: 2.5, fill: s.hue, class: 'mark'});
        });
        add(svg, 'path', {d: path || 'M0 0', fill: 'none', stroke: s.hue, 'stroke-width': 2, 'stroke-linejoin': 'round', 'stroke-dasharray': s.dash, class: 'mark'});
      }
    });
    const whole = ticks(1, Math.max(points.length, 2), Math.min(8, w / 70)).filter((t) => Number.isInteger(t) && t >= 1 && t <= points.length);
    axisX(svg, x, whole.length ? whole : [1], bottom, String);
    add(svg, 'text', {x: right, y: bottom + 34, 'text-anchor': 'end'}, 'epoch');
    const text = (p) => `${p.stage}, epoch ${p.epoch}\nloss ${digits(p.loss)}\ntraining accuracy ${percent(p.accuracy)}${finite(p.validation) ? `\nvalidation accuracy ${percent(p.validation)}` : ''}\nlearning rate ${digits(p.rate, 3)}\n${Math.round(p.speed).toLocaleString('en')} images/s`;
    return {marks: points.map((p, i) => ({x: x(i + 1), y: top, text: text(p)})), byColumn: [top, bottom], height: bottom + 40};
  });
  const legend = add(section, 'div', {class: 'legend'});
  for (const s of panels.flatMap((p) => p.series)) {
    const entry = add(legend, 'span');
    add(add(entry, 'svg', {width: 26, height: 8, viewBox: '0 0 26 8', 'aria-hidden': 'true'}), 'line', {x1: 0, x2: 26, y1: 4, y2: 4, stroke: s.hue, 'stroke-width': 2.5, 'stroke-dasharray': s.dash});
    add(entry, 'span', {}, s.name);
  }
  asTable(section, title, () => [['stage', 'epoch', 'loss', 'training accuracy', 'validation accuracy', 'learning rate', 'images/s'],
    points.map((p) => [p.stage, p.epoch, digits(p.loss, 5), percent(p.accuracy), finite(p.validation) ? percent(p.validation) : '', digits(p.rate, 3), Math.round(p.speed)])]);
}

function drawTraining(main) {
  // Accuracies were looked up in a table: nothing was trained.
  if (data.table) return;
  const runs = data.training.filter((run) => run.epochs && run.epochs.length);
  const retrain = (run) => stageKind(run.stage) === 'retrain';
  drawCurves(main, 'most', 'supernet', 'Training of the supernet', runs.filter((run) => !retrain(run)));
  drawCurves(main, 'third', 'retrain', 'Retraining from scratch', runs.filter(retrain));
}
