function render({model, el}) {
  const save = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const box = make('div', '', el);
  const table = make('table', '', box);
  const head = make('thead', '', table);
  const body = make('tbody', '', table);
  box.className = 'palmtl-runs';
  const toggle = key => {
    const now = model.get('chosen');
    save('chosen', now.includes(key) ? now.filter(k => k !== key) : [...now, key]);
  };
  const mark = () => {
    const now = new Set(model.get('chosen'));
    for (const r of body.children) {
      r.classList.toggle('chosen', now.has(r.key));
      r.querySelector('input').checked = now.has(r.key);
    }
  };
  const drawHead = () => {
    const [by, up] = model.get('sort');
    const top = make('tr', '', head);
    make('th', '', top);
    for (const name of model.get('head')) {
      const sorted = name === by;
      const cell = make('th', '', top);
      const press = make('button', name + (sorted ? (up ? ' ▲' : ' ▼') : ''), cell);
      cell.setAttribute('aria-sort', sorted ? (up ? 'ascending' : 'descending') : 'none');
      press.onclick = () => save('sort', [name, sorted ? !up : true]);
    }
  };
  const short = name => name.replace(/-[0-9a-f]{8}$/, '');  // without the digest
  const drawRow = ([key, usable, right, cells], repeated) => {
    const row = make('tr', '', body);
    const tick = make('input', '', make('td', '', row));
    row.key = key;
    row.classList.toggle('unusable', !usable);
    tick.type = 'checkbox';
    tick.disabled = !usable;
    tick.setAttribute('aria-label', 'choose ' + cells[0]);
    tick.onclick = e => {
      e.stopPropagation();
      toggle(key);
    };
    if (usable) row.onclick = () => { if (!String(getSelection())) toggle(key); };
    cells.forEach((text, i) => {
      const shown = i || repeated.has(short(text)) ? text : short(text);
      const cell = make('td', shown, row);
      if (right[i]) cell.classList.add('number');
      cell.title = text;
    });
  };
  const draw = () => {
    head.replaceChildren();
    body.replaceChildren();
    drawHead();
    const names = model.get('body').map(([, , , cells]) => short(cells[0]));
    const repeated = new Set(names.filter((name, i) => names.indexOf(name) !== i));
    for (const row of model.get('body')) drawRow(row, repeated);
    mark();
  };
  draw();
  model.on('change:head change:body change:sort', draw);
  model.on('change:chosen', mark);
}
export default { render };
