const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 80, HEIGHT = 18;
function sparkline(values, text) {
  const picture = document.createElementNS(SVG, 'svg');
  const low = Math.min(...values), high = Math.max(...values);
  const x = i => values.length > 1 ? i * WIDTH / (values.length - 1) : 0;
  const y = v => high > low ? 2 + (HEIGHT - 4) * (high - v) / (high - low) : HEIGHT / 2;
  picture.setAttribute('width', WIDTH);
  picture.setAttribute('height', HEIGHT);
  picture.setAttribute('role', 'img');
  picture.setAttribute('aria-label', text);
  const title = document.createElementNS(SVG, 'title');
  title.textContent = text;
  const line = document.createElementNS(SVG, 'polyline');
  line.setAttribute('points', values.map((v, i) => `${x(i)},${y(v)}`).join(' '));
  line.setAttribute('fill', 'none');
  line.setAttribute('stroke', 'var(--jp-brand-color1, #0072B2)');
  line.setAttribute('stroke-width', '1.5');
  const end = document.createElementNS(SVG, 'circle');
  end.setAttribute('cx', x(values.length - 1));
  end.setAttribute('cy', y(values.at(-1)));
  end.setAttribute('r', '2');
  end.setAttribute('fill', 'var(--jp-brand-color1, #0072B2)');
  picture.append(title, line, end);
  return picture;
}
function render({model, el}) {
  const box = make('div', '', el);
  box.className = 'palmtl-grid';
  const table = make('table', '', box);
  const top = make('tr', '', make('thead', '', table));
  for (const name of model.get('head')) make('th', name, top).scope = 'col';
  const body = make('tbody', '', table);
  const button = (text, help, act, into) => {
    const b = make('button', text, into);
    b.type = 'button';
    b.title = help;
    b.setAttribute('aria-label', help);
    b.onclick = act;
    return b;
  };
  const actions = (row, line) => {
    const place = make('td', '', line);
    for (const what of row.actions) {
      const help = `${what} ${row.name}`;
      button(what, help, () => model.send({act: what, keys: row.keys}), place);
    }
  };
  const drawCell = row => {
    const line = make('tr', '', body);
    line.className = 'cell';
    make('td', row.label, line).colSpan = 2;
    for (const text of [row.done, '', row.score, '', row.difference]) make('td', text, line);
    actions(row, line);
  };
  const drawRun = row => {
    const line = make('tr', '', body);
    line.className = 'run' + (row.open ? ' open' : '');
    const open = () => model.send({act: 'open', keys: row.keys});
    button(row.label, `open ${row.name}`, open, make('td', '', line)).className = 'name';
    make('td', row.state, line);
    const bar = make('progress', '', make('td', '', line));
    bar.max = 1;
    bar.value = row.share;
    bar.title = row.steps;
    bar.setAttribute('aria-label', `${row.name}: ${row.steps}`);
    make('td', row.left, line);
    make('td', row.score, line);
    const curve = make('td', '', line);
    if (row.totals.length) curve.append(sparkline(row.totals, row.totals_text));
    make('td', row.note, line).className = 'note';
    actions(row, line);
  };
  const draw = () => {
    const focused = document.activeElement?.getAttribute('aria-label');
    const held = body.contains(document.activeElement) && focused;
    body.replaceChildren();
    for (const row of model.get('rows')) (row.kind === 'cell' ? drawCell : drawRun)(row);
    if (held) [...body.querySelectorAll('button')].find(b => b.title === held)?.focus();
  };
  draw();
  model.on('change:rows', draw);
}
export default { render };
