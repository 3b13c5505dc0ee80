// The page: headline, charts in reading order, settings.
function tile(list, name, value, below, wide) {
  const box = add(list, 'div', {class: wide ? 'tile wide' : 'tile'});
  add(box, 'dt', {}, name);
  const dd = add(box, 'dd', {class: value.length > 26 ? 'long' : undefined}, value);
  if (below) add(dd, 'small', {}, below);
}

function drawHead(head) {
  const title = add(head, 'h1', {}, data.name || 'Run without a name');
  add(title, 'span', {class: `badge ${data.state}`}, data.state);
  const when = data.started_ms ? new Date(data.started_ms).toISOString().replace('T', ' ').slice(0, 16) + ' UTC' : '';
  const [channels, height, width] = data.space.input;
  add(head, 'p', {class: 'sub'}, [`${data.space.name || 'unnamed space'}`, `${plural(data.space.choices.length, 'choice')}`, `input ${channels} × ${height} × ${width}`, `${data.space.classes} classes`, `seed ${data.seed}`, when].filter(Boolean).join(' · '));
  if (data.state !== 'finished') {
    const why = {running: 'This run has not finished: the report shows what there was when it was written.', 'not started': 'Nothing has happened in this run yet.', failed: 'This run failed.', cancelled: 'This run was cancelled.', interrupted: 'This run was interrupted and can be resumed.'}[data.state];
    add(head, 'p', {class: 'notice', role: 'status'}, `${why} ${data.message || ''}`.trim());
  }
  const tiles = add(head, 'dl', {class: 'tiles'});
  const steps = data.iterations.filter((it) => it.children_after);
  const after = data.children || last(steps)?.children_after;
  const before = steps[0]?.children_before || data.space.children;
  const factor = after ? 10 ** (log10(before) - log10(after)) : 1;
  tile(tiles, 'Children', after && after !== before ? `${count(before)} → ${count(after)}` : count(before), after && after !== before ? `${plural(steps.length, 'step')}, ${factor < 1e6 ? Math.round(factor).toLocaleString('en') : digits(factor, 2)} times fewer` : 'not shrunk', true);
  if (best) tile(tiles, 'Best child', best.ops, metric in best.metrics ? `${metric} ${show(metric, best.metrics[metric])} ${data.table ? 'in the table' : "with the supernet's weights"}` : '', true);
  const done = best && retrained(best);
  const test = done?.metrics.test_accuracy;
  if (data.table) tile(tiles, 'Accuracies', 'from a table', 'nothing was trained');
  else if (test !== undefined) tile(tiles, 'Test accuracy', percent(test), 'best child, retrained');
  else tile(tiles, 'Test accuracy', '–', 'not retrained');
  tile(tiles, 'Multiply-adds', best ? short(best.macs) : '–', best ? 'an image' : 'no child yet');
  tile(tiles, 'Parameters', best ? short(best.params) : '–', best ? 'best child' : 'no child yet');
  tile(tiles, 'Time', data.seconds > 0 ? duration(data.seconds) : '–', 'wall clock, while at work');
}

// Plain values side by side, small groups on a line of their own, larger ones below a name that folds them.
const isGroup = (item) => item !== null && typeof item === 'object';
function pairs(parent, entries) {
  if (!entries.length) return;
  const list = add(parent, 'dl');
  for (const [key, item] of entries) {
    const pair = add(list, 'div');
    add(pair, 'dt', {}, key);
    add(pair, 'dd', {class: 'mono'}, String(item));
  }
}
function tree(parent, value) {
  const box = add(parent, 'div', {class: 'tree'});
  const entries = Object.entries(value);
  pairs(box, entries.filter(([key, item]) => !isGroup(item) && key !== 'key' && key !== 'kind'));
  for (const [key, item] of entries.filter(([, item]) => isGroup(item))) {
    if (!Array.isArray(value) && !Array.isArray(item) && !Object.values(item).some(isGroup)) {
      const line = add(box, 'div', {class: 'line'});
      add(line, 'span', {}, key);
      pairs(line, Object.entries(item));
      continue;
    }
    const details = add(box, 'details', {open: ''});
    const name = item.key || item.kind || '';
    add(details, 'summary', {}, Array.isArray(value) ? `${Number(key) + 1}. ${name}${item.kind && item.kind !== name ? ` (${item.kind})` : ''}` : key);
    tree(details, item);
  }
}

function drawSettings(main) {
  const plan = card(main, 'seven settings', 'Plan', 'What was set; everything else is at its default.');
  tree(add(plan, 'div', {class: 'plot', id: 'plan'}), data.plan);
  const versions = card(main, 'five settings', 'Versions and machine');
  const rows = [...data.settings];
  if (data.files?.length) rows.push(['exported files', data.files.join(', ')]);
  if (!rows.length) absent(versions, 'Nothing was recorded.');
  else {
    const table = add(versions, 'table', {class: 'settings-table', id: 'table-settings'});
    const body = add(table, 'tbody');
    for (const [key, value] of rows) {
      const line = add(body, 'tr');
      add(line, 'th', {scope: 'row'}, key);
      add(line, 'td', {class: 'mono'}, value);
    }
  }
  if (!data.notes.length) return;
  add(versions, 'h2', {style: 'margin-top: 18px'}, 'Notes');
  for (const note of data.notes) add(versions, 'p', {class: 'note'}, `${note.stage ? `${note.stage}: ` : ''}${note.text}`);
}

drawHead(document.getElementById('head'));
const main = document.getElementById('main');
drawSizes(main);
drawScores(main);
drawTraining(main);
drawSearch(main);
drawBest(main);
drawTable(main);
drawTimes(main);
drawSettings(main);
document.documentElement.dataset.ready = 'yes';
